import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryGate } from '../../src/api/http/query-gate.ts'
import { createApi } from '../../src/api/server.ts'
import { isError } from '../../src/errors.ts'
import { contextOf, emptySite } from './context.ts'

/** Work that ends when told to. */
function openWork(): { started: () => boolean; end: () => void; run: () => Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let started = false
  return {
    started: () => started,
    end: resolve,
    run: () => {
      started = true
      return promise
    }
  }
}

const settle = () => new Promise(resolve => setImmediate(resolve))

test('two run, two wait in order, the fifth is refused, a place that frees is taken', async () => {
  const gate = new QueryGate(2, 2)
  const works = Array.from({ length: 5 }, openWork)
  const runs = works.slice(0, 4).map(work => gate.run(work.run))
  await assert.rejects(gate.run(works[4]!.run), error => isError(error, 'API_BUSY'))
  const started = () => works.map(work => work.started())
  assert.deepEqual(started(), [true, true, false, false, false])
  works[1]!.end()
  await settle()
  assert.deepEqual(started(), [true, true, true, false, false])
  const late = gate.run(works[4]!.run)
  for (const work of works) work.end()
  await Promise.all([...runs, late])
  await gate.run(async () => {})
})

test('work that fails gives its place back', async () => {
  const gate = new QueryGate(1, 5)
  const failures = Array.from({ length: 3 }, () => gate.run(() => Promise.reject(new Error('no'))))
  for (const failure of failures) await assert.rejects(failure, /no/)
  assert.equal(await gate.run(async () => 7), 7)
})

test('a store that hangs costs readers a 503, not the server', async t => {
  const site = emptySite()
  const hang = Promise.withResolvers<void>()
  site.beforeQuery = () => hang.promise
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const answers = Array.from({ length: 300 }, () => api.inject('/v1/quarantine'))
  await settle()
  assert.equal((await api.inject('/healthz')).statusCode, 200)
  hang.resolve()
  const statuses = (await Promise.all(answers)).map(({ statusCode }) => statusCode)
  assert.equal(statuses.filter(status => status === 200).length, 260)
  assert.equal(statuses.filter(status => status === 503).length, 40)
})
