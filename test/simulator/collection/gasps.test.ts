import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Chance } from '../../../src/simulator/city/chance.ts'
import { type GaspCircumstances, gaspModel } from '../../../src/simulator/collection/gasps.ts'
import type { Backup, Grid } from '../../../src/simulator/grid/grid.ts'
import { makeGridLoad } from '../../../src/simulator/load/grid-load.ts'
import { Run } from '../../../src/simulator/run.ts'
import { parseScenario } from '../../../src/simulator/scenario/read-scenario.ts'
import { DELIVERIES } from '../../../src/simulator/scenario/schema.ts'
import { cityGrid } from '../../support/city-grid.ts'

const SHARE = 0.7
const DARK = [
  { customer: 1, hops: 1 },
  { customer: 2, hops: 2 },
  { customer: 3, hops: 3 },
  { customer: 4, hops: 1 }
]
const ABLE: GaspCircumstances = { dark: DARK, live: [11, 12], isPowered: false, isAble: true, hasLink: true }
const CIRCUMSTANCES: Readonly<Record<string, GaspCircumstances>> = {
  'on its backup': ABLE,
  'with supply of its own': { ...ABLE, isPowered: true },
  'dead at once': { ...ABLE, isAble: false },
  'without a link': { ...ABLE, isAble: false, hasLink: false },
  'of whom nobody is dark': { ...ABLE, dark: [] },
  'of whom nobody is left': { ...ABLE, live: [] }
}

function subsetsOf(numbers: readonly number[]): Set<number>[] {
  return Array.from({ length: 2 ** numbers.length }, (_, bits) => {
    return new Set(numbers.filter((_, place) => ((bits >> place) & 1) === 1))
  })
}
const everybody = ({ dark, live }: GaspCircumstances): number[] => [
  ...dark.map(({ customer }) => customer),
  ...live
]

for (const name of DELIVERIES) {
  test(`${name}: the likelihoods of all that may arrive add up to one, however much time has passed`, () => {
    const model = gaspModel(name, SHARE)
    for (const [what, circumstances] of Object.entries(CIRCUMSTANCES))
      for (const sent of [1, 0.4, 0]) {
        const sum = subsetsOf(everybody(circumstances)).reduce(
          (all, arrived) => all + Math.exp(model.logLikelihood(circumstances, arrived, sent)),
          0
        )
        // What is thought impossible is given a billionth.
        assert.ok(Math.abs(sum - 1) < 1e-6, `a terminal ${what}, ${sent} sent: ${sum}`)
      }
    const strange = model.logLikelihood(ABLE, new Set([99])) - model.logLikelihood(ABLE, new Set())
    assert.ok(strange < Math.log(1e-6), 'a gasp of a stranger is next to impossible')
  })

  test(`${name}: what is drawn is as likely as is said`, () => {
    const model = gaspModel(name, SHARE)
    const chance = new Chance(`gasps ${name}`)
    const draws = 8000
    for (const [what, circumstances] of Object.entries(CIRCUMSTANCES)) {
      const counts = new Map<string, number>()
      for (let event = 0; event < draws; event++) {
        const arrived = model.draw(circumstances, chance, event).map(({ customer }) => customer)
        assert.equal(new Set(arrived).size, arrived.length)
        const key = arrived.sort((a, b) => a - b).join()
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
      let seen = 0
      for (const arrived of subsetsOf(everybody(circumstances))) {
        const key = [...arrived].sort((a, b) => a - b).join()
        const expected = draws * Math.exp(model.logLikelihood(circumstances, arrived))
        const found = counts.get(key) ?? 0
        seen += found
        // Four and a half times what chance spreads them, and two for those that are hardly ever drawn.
        assert.ok(
          Math.abs(found - expected) <= 4.5 * Math.sqrt(expected) + 2,
          `a terminal ${what}, {${key}}: ${found} of ${draws}, ${expected} expected`
        )
      }
      assert.equal(seen, draws)
    }
  })

  test(`${name}: of those that arrive, as many are sent within a time as is said`, () => {
    const model = gaspModel(name, SHARE)
    const chance = new Chance(`delays ${name}`)
    for (const isPowered of [true, false]) {
      const circumstances = { ...ABLE, isPowered }
      const delays: number[] = []
      for (let event = 0; event < 3000; event++)
        delays.push(...model.draw(circumstances, chance, event).map(({ afterMs }) => afterMs))
      assert.ok(delays.length > 3000)
      for (const ms of [0, 500, 1000, 2000, 5000, 8000, 30_000, 40_000, 55_000, 90_000, 120_000]) {
        const share = delays.filter(delay => delay <= ms).length / delays.length
        const said = model.sentWithin(ms, circumstances)
        assert.ok(Math.abs(share - said) < 0.03, `${share} within ${ms} ms, ${said} said`)
      }
    }
  })
}

/** Three tenths without, six with a capacitor, one with a battery (city/terminals.ts). */
const BACKUPS = [
  ...Array<Backup>(3).fill('none'),
  ...Array<Backup>(6).fill('supercap'),
  ...Array<Backup>(1).fill('battery')
]

/** A city whose concentrators have exactly these backups, and supply from their own transformers. */
function typicalGrid(): Grid {
  const grid = cityGrid({ seed: 'gasps', meters: 6000 })
  const { terminal, device } = grid.customers
  const terminals = grid.terminals.map((each, number) => {
    const place = device[terminal.indexOf(number)] ?? -1
    const poweredBy = grid.devices.transformer[place] ?? -1
    return poweredBy < 0 ? each : { ...each, poweredBy, backup: BACKUPS[number % 10]! }
  })
  return { ...grid, terminals }
}

test('mean share of gasps that arrive when a transformer fails, over terminals with the usual backups: 0.65 to 0.75', () => {
  const grid = typicalGrid()
  const load = makeGridLoad(grid, 'gasps')
  const ids = [...new Set(grid.customers.terminal)]
    .filter(number => grid.terminals[number]!.poweredBy >= 0)
    .slice(0, 40)
    .map(number => grid.devices.id[grid.terminals[number]!.poweredBy]!)
  assert.equal(ids.length, 40)
  const steps = ids.map((id, i) => `{ at: ${10 + i * 4}m, for: 20m, fail: { on: { id: ${id} } } }`)
  const means = DELIVERIES.map(name => {
    const scenario = parseScenario(
      `{ name: gasps, title: { en: a, zh-CN: a }, duration: 4h, collection: { gasps: ${name}, deadClocks: 0 }, steps: [${steps}] }`,
      'gasps'
    )
    const run = new Run(
      { grid, scenario, start: Date.parse('2026-11-20T08:00:00+08:00'), seed: 'gasps' },
      load
    )
    const gasped = new Set<string>()
    for (const { topic, text } of run.lines()) {
      if (topic !== 'events') continue
      for (const { type, meter } of JSON.parse(text).events) if (type === 'last-gasp') gasped.add(meter)
    }
    const shares = run.context.outages.map(({ affected }) => {
      const heard = affected.filter(customer => gasped.has(grid.customers.meter[customer]!))
      return heard.length / affected.length
    })
    assert.equal(shares.length, 40)
    return [name, shares.reduce((sum, share) => sum + share, 0) / shares.length] as const
  })
  for (const [name, mean] of means)
    assert.ok(mean >= 0.65 && mean <= 0.75, `${name}: ${means.map(each => each.join(' ')).join(', ')}`)
})
