import { type Bar, runTestFiles, runWorkload } from './bar.ts'

/** Supply of key customers. */
export const ISSUE_7: readonly Bar[] = [
  {
    id: 'scenarios',
    title: 'Every scenario of a key customer, 50 cities each',
    limit:
      'in decidable minutes state and parts right in 0.99, no minute falsely normal, falsely interrupted in at most 0.001; the settled timeline right in 0.995; back-feed and interlock raise an alarm in 0.98, the others none',
    run: form =>
      runWorkload(
        'score-supply.ts',
        ['--half', 'test', '--seeds', form === 'short' ? 2 : 50, '--limits'],
        form === 'short' ? 20 : 240
      )
  },
  {
    id: 'failures',
    title: 'Single failures and shared devices against failing each device in turn',
    limit: 'equal on 100 generated cities and the recorded feeder with ties',
    run: () => runTestFiles(['test/supply/dependence.test.ts', 'test/supply/dependence.slow.test.ts'], 30)
  },
  {
    id: 'late',
    title: 'What comes late; chunked replay',
    limit: 'timeline and report as the records say, identical outputs',
    run: () => runTestFiles(['test/processors/supply/supply-stage.test.ts', 'test/supply/report.test.ts'], 10)
  }
]
