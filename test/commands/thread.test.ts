import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortClient } from '../../commands/site/port-client.ts'
import { type ApiSeries, SERIES_QUERIES } from '../../src/api/context.ts'
import { Thread } from '../../commands/threads/thread.ts'
import { isError } from '../../src/errors.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { until } from '../support/until.ts'

interface Bench {
  readonly thread: Thread<string, string>
  readonly clock: ManualClock
  readonly logged: { code?: string; detail?: string; retryMs: number; text: string }[]
  readonly heard: string[]
}

function benchOf(failure: 'ours' | 'other' | 'none'): Bench {
  const clock = new ManualClock()
  const logged: Bench['logged'] = []
  const heard: string[] = []
  const note = (fields: object, text: string): void => void logged.push({ ...fields, text } as never)
  const thread = new Thread<string, string>({
    name: 'child',
    entry: new URL('./thread-child.ts', import.meta.url),
    data: () => ({ failure }),
    clock,
    logger: { error: note } as never,
    onMessage: message => void heard.push(message)
  })
  return { thread, clock, logged, heard }
}

test('a thread that fails again and again waits longer each time and says why in one line', async () => {
  const { thread, clock, logged } = benchOf('ours')
  thread.start()
  const waits = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
  for (const [lives, wait] of waits.entries()) {
    await until(() => logged.length === lives + 1, 'logged.length === lives + 1')
    assert.equal(logged[lives]?.retryMs, wait)
    clock.advance(wait - 1)
    clock.advance(1)
  }
  await until(() => logged.length === waits.length + 1, 'logged.length === waits.length + 1')
  const [first] = logged
  assert.equal(first?.code, 'SERIES_OPEN_FAILED')
  assert.match(first?.text ?? '', /catalog\.duckdb: told to/)
  assert.equal(first?.detail, undefined, 'no stack')
  assert.ok(isError(thread.failure, 'SERIES_OPEN_FAILED'))
  assert.equal(thread.failure.detail, 'catalog.duckdb: told to')
  await thread.stop('stop')
})

test('an error that is not of the table is told with its stack', async () => {
  const { thread, logged } = benchOf('other')
  thread.start()
  await until(() => logged.length === 1, 'logged.length === 1')
  assert.match(logged[0]?.detail ?? '', /RangeError: told to\n\s+at .*thread-child/)
  await thread.stop('stop')
})

test('a thread that lived is started again at once, and lives', async () => {
  const { thread, clock, logged, heard } = benchOf('none')
  thread.start()
  await until(() => heard.length === 1, 'heard.length === 1')
  clock.advance(60_000)
  thread.send('fail')
  await until(() => logged.length === 1, 'logged.length === 1')
  assert.ok(thread.failure)
  clock.advance(1000)
  await until(() => heard.length === 2, 'heard.length === 2')
  assert.equal(thread.failure, undefined)
  await thread.stop('stop')
})

test('stop returns while the thread is dead, and it stays dead', async () => {
  const { thread, clock, logged } = benchOf('ours')
  thread.start()
  await until(() => logged.length === 1, 'logged.length === 1')
  await thread.stop('stop')
  clock.advance(60_000)
  await clock.turn()
  assert.equal(logged.length, 1)
  await thread.stop('stop')
})

test('stop returns when the thread fails at the same moment', async () => {
  const { thread } = benchOf('other')
  thread.start()
  await thread.stop('stop')
})

test('what is asked of a dead thread is answered with the reason', async () => {
  const { thread, logged } = benchOf('ours')
  const client = new PortClient<ApiSeries>(
    SERIES_QUERIES,
    () => {},
    () => thread.failure
  )
  const asked = client.port.latest([1])
  thread.start()
  await until(() => logged.length === 1, 'logged.length === 1')
  client.abandon(thread.failure)
  await assert.rejects(asked, error => isError(error, 'SERIES_OPEN_FAILED'))
  await assert.rejects(client.port.latest([1]), error => isError(error, 'SERIES_OPEN_FAILED'))
  client.settle({ type: 'answer', id: 7, value: 1 })
  await thread.stop('stop')
})
