import { type Bar, runTestFiles, runWorkload } from './bar.ts'

/** A minute of each, and a tenth of the time that it is down. */
const SHORT_OUTAGE = ['--down-seconds', 60, '--slow-seconds', 20, '--least-drain', 0.6]

/** InfluxDB, Grafana and compose. Rollups, boards, API and compose have no bars yet: TODO(#8). */
export const ISSUE_8: readonly Bar[] = [
  {
    id: 'contract',
    title: 'The contract of the series store on a real influxd; set-up of 2.x and 3 by their documentation',
    limit: 'all tests pass',
    run: () =>
      runTestFiles(
        [
          'test/series/influxdb-store.server.test.ts',
          'test/series/influxdb-setup.test.ts',
          'test/series/influxdb-points.test.ts',
          'test/commands/influxdb.server.test.ts',
          'test/api/over-influxdb.server.test.ts'
        ],
        10
      )
  },
  {
    id: 'outage',
    title:
      'InfluxDB killed, restarted, slow and down for 10 minutes at 20,000 readings/s of 10,000 meters, 5 fields',
    limit:
      'all acknowledged, nothing lost or doubled, memory grows by less than 100 MiB, the backlog drains at 0.85 of what InfluxDB takes by itself',
    run: form =>
      runWorkload(
        'influx-outage.ts',
        ['--events', 'killed,restarted,slow,down', ...(form === 'short' ? SHORT_OUTAGE : [])],
        60
      )
  },
  {
    id: 'full',
    title:
      'The disk of InfluxDB full at 20,000 readings/s, then larger, and InfluxDB started again (needs root)',
    limit: 'all acknowledged, nothing lost or doubled, memory grows by less than 100 MiB',
    // A memory disk, and a backlog of seconds: how fast it drains says nothing.
    run: () =>
      runWorkload('influx-outage.ts', ['--events', 'full', '--gap-seconds', 30, '--least-drain', 0], 10)
  }
]
