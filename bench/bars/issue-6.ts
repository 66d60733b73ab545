import { type Bar, type BarForm, runTestFiles, runWorkload } from './bar.ts'

/** Outages: one failure, one incident, on the right device, never confused with lost communication. */
const DELIVERIES = ['independent', 'backup', 'path', 'batched'] as const
const KINDS = ['branch', 'terminal', 'cell', 'carrier', 'gateway', 'reboots', 'backfill', 'clocks'] as const

/** The short form finds mistakes and proves little: a tenth of the meters, a day or two. */
const suite = (
  id: string,
  form: BarForm,
  limitMinutes: number,
  shortDays = 1,
  long: readonly (string | number)[] = []
) => {
  const short = ['--seeds', 1, '--meters', 2000, '--days', shortDays]
  const size = { short, full: [], long }[form]
  return runWorkload('outage-bar.ts', ['--suites', id, ...size], limitMinutes)
}
/** A link is lost for a day in one kind; a million meter-days in the long form. */
const [KIND_SHORT_DAYS, KIND_LONG] = [2, ['--days', 50]] as const

export const ISSUE_6: readonly Bar[] = [
  ...DELIVERIES.map(
    (name): Bar => ({
      id: `gasps-${name}`,
      title: `Gasps delivered ${name}, a mean of 70 %`,
      limit:
        'F1 at least 0.98, exact at least 0.95 for classes of three or more, p95 at most 30 s from when it could be known; SAIFI and SAIDI of each seed within 3 %: not all records come',
      run: form => suite(`gasps-${name}`, form, 90)
    })
  ),
  {
    id: 'silence',
    title: 'Silence only',
    limit:
      'F1 at least 0.94, exact at least 0.88; 0.95 of those of which somebody spoke, and that could be known, within two upload intervals and 60 s',
    run: form => suite('silence', form, 90)
  },
  ...KINDS.map(
    (name): Bar => ({
      id: `communication-${name}`,
      title: `Lost communication only: ${name}, 100,000 meter-days`,
      limit:
        'no false incident, at most 20 suspicions per million meter-days, communication F1 at least 0.97; where nothing is lost nothing is said of more than single meters',
      run: form =>
        suite(`communication-${name}`, form, form === 'long' ? 600 : 60, KIND_SHORT_DAYS, KIND_LONG)
    })
  ),
  {
    id: 'rows',
    title: 'Every row of the table, 50 seeds of each scenario',
    limit:
      'exactly what the table says in at least 0.95 of them, of back-feed and broken neutral in 0.98; at least 40 of the 50 cities have a place for it',
    run: form =>
      runWorkload(
        'outage-bar.ts',
        ['--rows', 'all', '--seeds', form === 'short' ? 1 : 50],
        form === 'short' ? 20 : 240
      )
  },
  {
    id: 'storm',
    title: '1,000,000 meters, 200,000 gasps in 60 s on 40 feeders while their quarter of an hour comes in',
    limit:
      'every incident named at most 10 s after it could be; at most 20 us for each piece of evidence; at most 3 GiB',
    run: form =>
      runWorkload(
        'outage-million.ts',
        form === 'short' ? ['--meters', 100_000, '--feeders', 6, '--gasps-at-least', 25_000] : [],
        60
      )
  },
  {
    id: 'replay',
    title: 'Chunked replay and kills; hostile terminals',
    limit: 'identical outputs; nothing beyond a finding about the terminal itself',
    run: () =>
      runTestFiles(
        [
          'test/processors/outages/restart.test.ts',
          'test/processors/outages/restart-order.test.ts',
          'test/processors/outages/restart.slow.test.ts',
          'test/processors/outages/any-change.test.ts',
          'test/processors/outages/hostile.test.ts',
          'test/processors/outages/mistrust.test.ts',
          'test/outages/feed-kill.slow.test.ts'
        ],
        30
      )
  },
  {
    id: 'indices',
    title: 'Worked vectors of reliability; indices of a city against its truth',
    limit: 'vectors exact; within 0.1 % with records, 3 % without',
    run: () =>
      runTestFiles(
        [
          'test/reliability/reliability.test.ts',
          'test/reliability/major-events.test.ts',
          'test/outages/reliability/truth.test.ts'
        ],
        20
      )
  }
]
