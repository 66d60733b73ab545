import { type Bar, runTestFiles, runWorkload } from './bar.ts'

/** A twentieth of the city in a third of the time, each meter three times as often. */
const SHORT_STREAM = [
  ...['--meters', 5000, '--key-customers', 100, '--interval-seconds', 20],
  ...['--warm-seconds', 30, '--seconds', 40, '--changes-per-second', 5]
]

/** Both feeds, a stuck switch, a generator that fails, danger, a link that is lost, a UPS, two sources on one section. */
const FRONT_DOOR = [
  ...['hospital-both-lost', 'hospital-transfer-stuck', 'hospital-generator-fails', 'hospital-back-feed'],
  ...['hospital-standby-discovered', 'hospital-ups-battery', 'hospital-parallel']
]

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
    id: 'front-door',
    title: 'Scenarios of a key customer through serve, MQTT and export, played again by backtest',
    limit: 'seven scenarios within 6 minutes each, all acknowledged, the same lines byte for byte',
    run: form =>
      runWorkload(
        'front-door.ts',
        ['--scenarios', (form === 'short' ? FRONT_DOOR.slice(0, 1) : FRONT_DOOR).join(',')],
        60
      )
  },
  {
    id: 'failures',
    title: 'Single failures and shared devices against failing each device in turn',
    limit: 'equal on 100 generated cities and the recorded feeder with ties',
    run: () => runTestFiles(['test/supply/dependence.test.ts', 'test/supply/dependence.slow.test.ts'], 30)
  },
  {
    id: 'stream',
    title:
      'State changes of 1,000 key customers on the stream while an interval of 100,000 meters comes in within 60 s',
    limit:
      'p99 at most 2 s from publishing to the event at a client, none missed, all acknowledged and stored',
    run: form => runWorkload('supply-stream.ts', form === 'short' ? SHORT_STREAM : [], 15)
  },
  {
    id: 'recompute',
    title: 'All 1,000 key customers of a city of a million meters said anew after a switch was operated',
    limit: 'states, ways, single failures and who is affected in at most 1 s, any of 60 operations',
    run: form =>
      runWorkload(
        'supply-recompute.ts',
        form === 'short' ? ['--meters', 50_000, '--key-customers', 200, '--operations', 50] : [],
        15
      )
  },
  {
    id: 'kills',
    title: 'The server killed at random moments while hospitals lose feeds',
    limit:
      'what it wrote is what a backtest says, byte for byte, and its ledger what an undisturbed one has; 25 kills',
    run: form => runWorkload('supply-kill.ts', form === 'short' ? ['--kills', 3] : [], 20)
  },
  {
    id: 'access',
    title:
      'A key customer asks every operation and page with every id in the city; persons in files and answers',
    limit:
      'nothing that is not its own; no person in log, stream, export, backtest, or an answer to who has no need',
    run: form => runWorkload('supply-access.ts', form === 'short' ? ['--seconds', 30] : [], 20)
  },
  {
    id: 'fuzz-files',
    title: 'Spoiled files of key customers through the import, and what loads through those who work with it',
    limit: 'loaded or refused by name, no line without a time, none longer than 5 s; 5,000 cases',
    run: form => runWorkload('supply-registry-fuzz.ts', form === 'short' ? ['--cases', 500] : [], 20)
  },
  {
    id: 'fuzz-routes',
    title: 'Property-based requests to the routes of key customers',
    limit: '20,000 requests: no 5xx, no undocumented status, type or code, no schema mismatch, no hang',
    run: form =>
      runWorkload(
        'api-fuzz.ts',
        ['--tag', 'key-customers', '--raw', 0, '--requests', form === 'short' ? 2000 : 20_000],
        30
      )
  },
  {
    id: 'late',
    title: 'Records that move a beginning by 40 minutes; chunked replay',
    limit:
      'timeline, audit row and report as the records say, its figures to the second those of the raw rows; identical outputs',
    run: () =>
      runTestFiles(
        [
          'test/supply/late-records.test.ts',
          'test/supply/report.test.ts',
          'test/processors/supply/supply-stage.test.ts'
        ],
        10
      )
  }
]
