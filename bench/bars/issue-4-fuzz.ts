import { type Bar, runTestFiles, runWorkload } from './bar.ts'

/** Who may do what, and what becomes of requests that nobody expects. */
export const ISSUE_4_FUZZ: readonly Bar[] = [
  {
    id: 'access',
    title: 'Every route with every role, every topic with every terminal, odd requests',
    limit: 'only what the table of roles and topics allows; no 5xx',
    run: () =>
      runTestFiles(
        ['test/api/access.test.ts', 'test/api/edges.test.ts', 'test/gateway/topic-matrix.test.ts'],
        15
      )
  },
  {
    id: 'fuzz',
    title: 'Property-based requests from the OpenAPI document, and raw bytes on the port',
    limit: '100,000 requests: no 5xx, no undocumented status, type or code, no schema mismatch, no hang',
    run: form =>
      form === 'short'
        ? runWorkload('api-fuzz.ts', ['--requests', 5000, '--raw', 500], 10)
        : runWorkload(
            'api-fuzz.ts',
            form === 'long' ? ['--requests', 1_000_000] : [],
            form === 'long' ? 300 : 45
          )
  },
  {
    id: 'old-data',
    title: 'A data folder of the release before, killed under traffic, opened by this one',
    limit: 'all that was acknowledged is there, both equations exact, quarantine replayable, twice',
    run: () => runWorkload('old-data.ts', [], 15)
  }
]
