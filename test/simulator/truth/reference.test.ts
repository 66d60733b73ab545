import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Run } from '../../../src/simulator/run.ts'
import { parseScenario } from '../../../src/simulator/scenario/read-scenario.ts'
import { cityGrid } from '../../support/city-grid.ts'

const START = Date.parse('2026-11-20T08:00:00+08:00')
const grid = cityGrid({ seed: 'reference', meters: 1200 })

interface TrueOutage {
  readonly table: string
  readonly start: number
  readonly end: number
  readonly firstSignAt?: number
  readonly knowableAt?: number
}

/** The truth of one outage from minute 40 on. */
function outageOf(on: string, collection: string, more = ''): TrueOutage {
  const scenario = parseScenario(
    `{ name: x, title: { en: x, zh-CN: x }, duration: 2h, collection: ${collection},
       steps: [{ at: 40m, fail: { on: ${on} }, for: 50m }${more}] }`,
    'x'
  )
  const run = new Run({ grid, scenario, start: START, seed: '1', isReferred: true })
  assert.ok([...run.lines()].length > 0)
  const [outage] = run.truth().filter(({ table }) => table === 'incidents') as unknown as TrueOutage[]
  assert.ok(outage !== undefined)
  return outage
}
const secondsOf = ({ start, knowableAt = Number.NaN }: TrueOutage): number => (knowableAt - start) / 1000

test('gasps: a box is known as soon as its gasps are here, never before the first sign', () => {
  for (const gasps of ['independent', 'path', 'backup']) {
    const outage = outageOf('{ kind: box, least: 8, pick: 3 }', `{ gasps: ${gasps} }`)
    assert.ok(secondsOf(outage) < 15, `${gasps}: ${secondsOf(outage)} s`)
    assert.ok(outage.knowableAt! >= outage.firstSignAt!)
  }
  const gathered = secondsOf(outageOf('{ kind: box, least: 8, pick: 3 }', '{ gasps: batched }'))
  assert.ok(gathered > 30 && gathered < 130, `batched: ${gathered} s`)
})

test('silence: without gasps a dead box looks like a silent one, and losses are more frequent', () => {
  assert.equal(outageOf('{ kind: box, least: 8, pick: 3 }', '{ gaspShare: 0 }').knowableAt, undefined)
})

test('a dead feeder is known within seconds', () => {
  const feeder = secondsOf(outageOf('{ kind: feeder, least: 100, pick: 0 }', '{ gasps: path }'))
  assert.ok(feeder < 15, `${feeder} s`)
})

test('nobody can know of an outage all of whose terminals are silent for another reason', () => {
  const lost = ', { at: 30m, lose: { scope: gateway }, for: 75m }'
  assert.equal(outageOf('{ kind: box, least: 8, pick: 3 }', '{ gasps: path }', lost).knowableAt, undefined)
})

test('who does not ask for it pays nothing, and gets nothing', () => {
  const scenario = parseScenario(
    '{ name: x, title: { en: x, zh-CN: x }, duration: 1h, steps: [{ at: 20m, fail: { on: { kind: box } }, for: 20m }] }',
    'x'
  )
  const run = new Run({ grid, scenario, start: START, seed: '1' })
  assert.ok([...run.lines()].length > 0)
  assert.equal(run.context.evidence, undefined)
  assert.ok(run.truth().every(row => row.knowableAt === undefined))
})

test('a run that was broken off has no truth beyond that', () => {
  const scenario = parseScenario(
    `{ name: x, title: { en: x, zh-CN: x }, duration: 2h, steps: [
       { at: 20m, fail: { on: { kind: box, pick: 1 } }, for: 40m }, { at: 80m, fail: { on: { kind: box, pick: 2 } } }] }`,
    'x'
  )
  const run = new Run({ grid, scenario, start: START, seed: '1' })
  assert.ok([...run.lines()].length > 0)
  const at = START + 30 * 60_000
  const rows = run.truth(at)
  assert.equal(rows.filter(({ table }) => table === 'incidents').length, 1)
  assert.ok(rows.every(row => (row.start as number) < at && (row.end as number) <= at))
})
