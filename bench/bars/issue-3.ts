import { type Bar, type BarForm, runTestFile, runWorkload } from './bar.ts'

/** The spine: from a meter's publish to a durable, validated, queryable reading, on real input. */
const by = (form: BarForm, short: number, full: number, long: number): number =>
  form === 'short' ? short : form === 'full' ? full : long

export const ISSUE_3: readonly Bar[] = [
  {
    id: 'fresh-clone',
    title: 'Fresh clone on Node 20: the page with a 24-hour curve, and the tests',
    limit: 'page within 60 s of npm start; npm test passes',
    run: form => runWorkload('fresh-clone.ts', ['--tests', form === 'short' ? 0 : 1], 40)
  },
  {
    id: 'real-input',
    title: 'Real input over MQTT: 252 Swiss customers x 7 weeks, 28 days of minutes',
    limit: 'both audit equations exact; weekly and daily kWh equal the file to 1e-6',
    run: () => runWorkload('real-input.ts', [], 30)
  },
  {
    id: 'kill',
    title: 'Random SIGKILL under load',
    limit: '0 acknowledged lost, 0 stored twice, equations exact',
    run: form =>
      form === 'long'
        ? // More meters and a lower pace keep a thousand kills inside the time window and readable afterwards.
          runWorkload('kill.ts', ['--kills', 1000, '--meters', 20_000, '--frames-per-second', 500], 300)
        : runWorkload('kill.ts', ['--kills', by(form, 25, 100, 100)], by(form, 10, 30, 30))
  },
  {
    id: 'power-cut',
    title: 'Power cuts of a file layer that drops and reorders what no completed sync covers',
    limit: '0 acknowledged lost',
    run: form =>
      runTestFile(
        'test/log/power-cut.test.ts',
        { POWER_CUT_SEEDS: String(by(form, 300, 1000, 20_000)) },
        by(form, 5, 20, 120)
      )
  },
  {
    id: 'strace',
    title: 'System calls: no PUBACK before the sync of its frame',
    limit: 'every message proven',
    run: form => runWorkload('strace.ts', ['--messages', by(form, 20, 50, 500)], 10)
  },
  {
    id: 'one-truth',
    title: 'One log, one truth: whole, in chunks of 1, 7, 1000, killed at 20 points',
    limit: 'identical outputs',
    run: () => runTestFile('test/processors/one-truth.test.ts', {}, 15)
  },
  {
    id: 'restart',
    title: 'Restart after SIGKILL with a day of 10,000 meters in the stores',
    limit: 'first PUBACK in at most 5 s, caught up in at most 30 s',
    run: () => runWorkload('restart.ts', [], 15)
  },
  {
    id: 'speed',
    title: 'Stored against stored: row JSON, batches of 100, QoS 1 durable, 10,000 meters',
    limit: 'at least 5 times the reference chain; void if that stores under 25,000 readings/s',
    run: form => runWorkload('speed.ts', ['--rounds', by(form, 3, 5, 11)], by(form, 10, 20, 60))
  },
  {
    id: 'house',
    title: 'House rules',
    limit: '0 circles, 0 upward imports, no file over 400 lines without a listed reason',
    run: () => runTestFile('test/house.test.ts', {}, 5)
  }
]
