import { type Bar, runTestFile, runWorkload } from './bar.ts'

/** Registry, ledger and API. */
export const ISSUE_4: readonly Bar[] = [
  {
    id: 'registry-scale',
    title: 'A registry of 1,000,000 meters, 2 % of its rows dirty in every way',
    limit:
      'import 60 s, load at start 15 s, idle server 1.2 GiB with all threads, diff of 1,000 changed rows 10 s; each dirty row named; an import through the server blocks its main thread for 100 ms at most',
    run: form => runWorkload('registry.ts', ['--meters', form === 'short' ? 100_000 : 1_000_000], 15)
  },
  {
    id: 'network',
    title:
      'Switch states of both recorded feeders and of generated meshed cities, and every single tie from there',
    limit: 'as a plain search says, in 1,000 random states of each',
    run: () => runTestFile('test/registry/network.slow.test.ts', {}, 15)
  },
  {
    id: 'backup',
    title: 'Backups taken through the running server under load, each restored, proved and read back',
    limit:
      'both equations hold; all that was acknowledged before is there, once, with its value, and nothing that was never sent',
    run: form => runWorkload('backup.ts', ['--backups', form === 'short' ? 1 : 3], 15)
  }
]
