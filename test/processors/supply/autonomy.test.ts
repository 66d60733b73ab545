import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Autonomy, autonomyOf } from '../../../processors/supply/autonomy.ts'
import { SupplyFacts } from '../../../processors/supply/facts.ts'
import type { JudgedSection } from '../../../processors/supply/judge-sections.ts'
import type { JudgedSource } from '../../../processors/supply/judge-sources.ts'
import type { GeneratorReport } from '../../../src/model/plant.ts'
import type { SourceState } from '../../../src/model/supply.ts'
import { truckAsSource } from '../../../src/registry/lookup/customers.ts'
import { HOSPITAL } from './plant.ts'

const T0 = Date.UTC(2026, 10, 30)
const HOUR = 3_600_000
const DAY = 24 * HOUR
const RHYTHM = { stepMs: 60_000, keepsMs: HOUR }

const silent: GeneratorReport = {
  ...{ source: 'GEN', isRunning: false, mode: 'auto' },
  ...{ voltageV: Number.NaN, powerKw: Number.NaN, fuelPct: Number.NaN, startBatteryV: Number.NaN }
}

interface Asked {
  /** Words of the generator, hours after the beginning. */
  readonly words?: readonly (readonly [hour: number, said: Partial<GeneratorReport>])[]
  readonly generator?: SourceState
  readonly ups?: SourceState
  readonly upsMinutes?: number
  readonly fedBy?: string
  readonly declaredOn?: number
  readonly now?: number
  /** Of a truck that came at the beginning. */
  readonly truckLitres?: number
}

function lasts(asked: Asked): Autonomy | undefined {
  const { words = [], generator = 'ready', ups = 'unknown', upsMinutes = 30, fedBy = 'G1' } = asked
  const { declaredOn = T0 - DAY, now = 0, truckLitres } = asked
  const truck = { source: 'TRK', litresPerKwh: 0.25, attachedAt: T0, fuelLitres: truckLitres ?? 0 }
  const brought = truckLitres === undefined ? [] : [truckAsSource(truck)]
  const facts = new SupplyFacts()
  for (const [hour, said] of words)
    facts.generator({ ...silent, ...said }, T0 + hour * HOUR, declaredOn, RHYTHM)
  const mode = ups === 'running' ? 'battery' : 'line'
  facts.ups({ source: 'UPS', mode, loadPct: 40, minutesLeft: upsMinutes }, T0, RHYTHM)
  const judged = (state: SourceState) => ({ state, basis: 'measured' }) as JudgedSource
  return autonomyOf({
    customer: {
      ...HOSPITAL,
      sources: [
        ...HOSPITAL.sources.map(source =>
          source.kind === 'generator' ? { ...source, fuelDeclaredOn: declaredOn } : source
        ),
        ...brought
      ]
    },
    sources: new Map([
      ['G1', judged('live')],
      ['GEN', judged(generator)],
      ['UPS', judged(ups)],
      ['TRK', { ...judged('running'), basis: 'reported', since: T0 }]
    ]),
    sections: new Map([['S1', { fedBy } as JudgedSection]]),
    facts: facts.at(T0 + now * HOUR),
    now: T0 + now * HOUR
  })
}

const ROWS: readonly [what: string, asked: Asked, lasts: Autonomy | undefined][] = [
  // 300 l at 75 l an hour, of which two hours may have gone.
  ['a truck carries', { truckLitres: 300, fedBy: 'TRK', now: 2 }, [120, 240]],
  ['a truck waits beside a generator that failed', { truckLitres: 300, generator: 'failed' }, [240, 240]],
  ['a truck waits beside a generator with a larger tank', { truckLitres: 300 }, [720, 800]],
  ['a truck of which nobody knows what its tank held', { truckLitres: 0, fedBy: 'TRK' }, undefined],
  // (1000 - 100) / 75 and 1000 / 75 hours.
  ['a tank that was declared full, and has not run since', { words: [[0, {}]] }, [720, 800]],
  ['one that was declared more than a month ago', { words: [[0, {}]], declaredOn: T0 - 32 * DAY }, undefined],
  ['one that nobody declared', { words: [[0, {}]], declaredOn: Number.NaN }, undefined],
  // Two hours at 120 kW took 60 l.
  [
    'what it ran at a known load is taken off',
    {
      words: [
        [0, { isRunning: true, powerKw: 120 }],
        [2, {}]
      ],
      now: 2
    },
    [672, 752]
  ],
  // Nobody knows its load: 150 l at the security load, or none.
  [
    'and at an unknown one as much as it may have been',
    {
      words: [
        [0, { isRunning: true }],
        [2, {}]
      ],
      now: 2
    },
    [600, 800]
  ],
  // A tank half full: (490 - 100) / 75 and 510 / 75 hours.
  ['what the tank says itself, to a percent', { words: [[0, { fuelPct: 50 }]] }, [312, 408]],
  // It carries 60 kW, and may have to carry 300.
  [
    'one that runs, at what it carries and at the whole security load',
    { words: [[0, { isRunning: true, powerKw: 60, fuelPct: 50 }]], generator: 'running', fedBy: 'GEN' },
    [312, 2040]
  ],
  // A quarter of an hour at 60 kW took 3.75 l since the tank said so.
  [
    'what has run since it said so',
    {
      ...{ words: [[0, { isRunning: true, powerKw: 60, fuelPct: 50 }]], generator: 'running', fedBy: 'GEN' },
      now: 0.25
    },
    [309, 2040]
  ],
  ['nobody knows of one that failed', { words: [[0, { mode: 'off' }]], generator: 'failed' }, undefined],
  ['a UPS that stands by', { generator: 'failed', ups: 'ready' }, [30, 30]],
  ['one on its battery, less what has passed', { generator: 'failed', ups: 'running', now: 0.2 }, [18, 30]],
  [
    'a section on the UPS ends with it, whatever the generator could do',
    { words: [[0, {}]], ups: 'running', fedBy: 'UPS' },
    [30, 30]
  ]
]

for (const [what, asked, said] of ROWS) test(`autonomy: ${what}`, () => assert.deepEqual(lasts(asked), said))

test('a tank that is declared full again has run nothing since', () => {
  const facts = new SupplyFacts()
  const running = { ...silent, isRunning: true, powerKw: 100 }
  facts.generator(running, T0, T0 - DAY, RHYTHM)
  facts.generator(running, T0 + HOUR, T0 - DAY, RHYTHM)
  assert.equal(facts.at(T0).burnt('GEN')?.kwh, 100)
  facts.generator(running, T0 + 2 * HOUR, T0 + 1.5 * HOUR, RHYTHM)
  assert.equal(facts.at(T0).burnt('GEN')?.kwh, 50)
})
