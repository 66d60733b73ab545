import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FieldName } from '../../../src/model/fields.ts'
import { registryOf } from '../../support/meter-registry.ts'
import { intervals, lineOf, publish, rows, showValue } from './timeline.ts'

/**
 * Limits are rated x 1.2. 1p: 220 V, 60 A, 15.84 kW. 3p4w: three elements of 220 V, 60 A, 47.52 kW. ct: 220 V, 6 A
 * behind 100/5, 1.584 kW shown, 31.68 primary. hv: three wires of 100 V, 6 A behind 10 kV / 100 V and 300/5,
 * 1.247 kW shown, 7,482 primary.
 */
const registry = registryOf([
  { id: '1p' },
  { id: '3p4w', wiring: '3p4w' },
  { id: 'ct', ratedA: 6, ct: 20 },
  { id: 'hv', wiring: '3p3w', ratedV: 100, ratedA: 6, ct: 60, pt: 100 },
  { id: 'unknown', wiring: '', ratedV: Number.NaN, ratedA: Number.NaN }
])
const NUMBERS = { '1p': 0, '3p4w': 1, ct: 2, hv: 3, unknown: 4 }
type Meter = keyof typeof NUMBERS

/** Each row: the values of one reading (instant, unless it says curve), and how they are judged. */
const ROWS: [name: string, Meter, given: object, expected: Partial<Record<FieldName, string>>][] = [
  ['normal voltage', '1p', { voltageV: 220 }, { voltageVA: '220 valid' }],
  ['0.6 of rated is not low', '1p', { voltageV: 132 }, { voltageVA: '132 valid' }],
  ['low voltage on the only element', '1p', { voltageV: 90 }, { voltageVA: '90 valid' }],
  ['no voltage in a live reading', '1p', { voltageV: 0 }, { voltageVA: '0 suspect VOLTAGE_ALL_ZERO' }],
  [
    'just under 0.05 of rated, live',
    '1p',
    { voltageV: 10.9 },
    { voltageVA: '10.9 suspect VOLTAGE_ALL_ZERO' }
  ],
  ['0.05 of rated, live', '1p', { voltageV: 11 }, { voltageVA: '11 valid' }],
  ['no voltage in a curve is legal', '1p', { kind: 'curve', voltageV: 0 }, { voltageVA: '0 valid' }],
  ['1.5 of rated', '1p', { voltageV: 330 }, { voltageVA: '330 valid' }],
  ['above 1.5 of rated', '1p', { voltageV: 330.1 }, { voltageVA: '330.1 suspect VOLTAGE_HIGH' }],
  ['below zero', '1p', { voltageV: -1 }, { voltageVA: '-1 suspect NEGATIVE_VALUE' }],
  [
    'one phase gone is evidence',
    '3p4w',
    { voltageV: [0, 221, 219] },
    { voltageVA: '0 valid VOLTAGE_LOW', voltageVB: '221 valid', voltageVC: '219 valid' }
  ],
  [
    'two phases at half voltage',
    '3p4w',
    { voltageV: [110, 110, 220] },
    { voltageVA: '110 valid VOLTAGE_LOW', voltageVB: '110 valid VOLTAGE_LOW', voltageVC: '220 valid' }
  ],
  [
    'all phases zero',
    '3p4w',
    { voltageV: [0, 0, 1] },
    { voltageVA: '0 suspect VOLTAGE_ALL_ZERO', voltageVC: '1 suspect VOLTAGE_ALL_ZERO' }
  ],
  [
    'three wires have no middle voltage',
    'hv',
    { voltageV: [100, null, 99] },
    { voltageVA: '100 valid', voltageVB: 'NaN unchecked', voltageVC: '99 valid' }
  ],
  ['three wires, one fuse', 'hv', { voltageV: [100, null, 0] }, { voltageVC: '0 valid VOLTAGE_LOW' }],
  ['rated current x 1.2', '1p', { currentA: 72 }, { currentAA: '72 valid' }],
  ['more current', '1p', { currentA: 72.1 }, { currentAA: '72.1 suspect CURRENT_LIMIT' }],
  ['reverse current', '1p', { currentA: -72.1 }, { currentAA: '-72.1 suspect CURRENT_LIMIT' }],
  [
    'power of one element',
    '1p',
    { activePowerKw: 15.84, reactivePowerKvar: -15.85 },
    { activePowerKw: '15.84 valid', reactivePowerKvar: '-15.85 suspect POWER_LIMIT' }
  ],
  [
    'power of three elements',
    '3p4w',
    { activePowerKw: 47.5, apparentPowerKva: 47.6 },
    { activePowerKw: '47.5 valid', apparentPowerKva: '47.6 suspect POWER_LIMIT' }
  ],
  [
    'apparent power has no sign',
    '1p',
    { apparentPowerKva: -1 },
    { apparentPowerKva: '-1 suspect NEGATIVE_VALUE' }
  ],
  [
    'behind transformers values are judged as shown',
    'ct',
    { currentA: 7.2, activePowerKw: 1.59 },
    { currentAA: '7.2 valid', activePowerKw: '1.59 suspect POWER_LIMIT' }
  ],
  [
    'primary values are judged by primary limits',
    'ct',
    { scale: 'primary', currentA: 144, activePowerKw: 31.6, voltageV: 220 },
    { currentAA: '144 valid', activePowerKw: '31.6 valid', voltageVA: '220 valid' }
  ],
  [
    'primary values beyond them',
    'hv',
    { scale: 'primary', currentA: [433, null, 431], activePowerKw: 7483, voltageV: [15_001, null, 10_000] },
    {
      currentAA: '433 suspect CURRENT_LIMIT',
      currentAC: '431 valid',
      activePowerKw: '7483 suspect POWER_LIMIT',
      voltageVA: '15001 suspect VOLTAGE_HIGH',
      voltageVC: '10000 valid'
    }
  ],
  [
    'power factor and frequency',
    '1p',
    { powerFactor: 1.0005, frequencyHz: 50 },
    { powerFactor: '1.0005 valid', frequencyHz: '50 valid' }
  ],
  [
    'power factor 4.556 of a certified meter',
    '1p',
    { powerFactor: 4.556, frequencyHz: 0 },
    { powerFactor: '4.556 suspect POWER_FACTOR_RANGE', frequencyHz: '0 suspect FREQUENCY_RANGE' }
  ],
  [
    'a meter without rating is unchecked, not valid',
    'unknown',
    { voltageV: 5000, currentA: 900, activePowerKw: 1e6 },
    { voltageVA: '5000 unchecked', currentAA: '900 unchecked', activePowerKw: '1000000 unchecked' }
  ],
  [
    'what no rule knows is unchecked',
    '1p',
    { residualCurrentA: 3, neutralCurrentA: 900, demandKw: 1, powerDownCount: 4 },
    {
      residualCurrentA: '3 unchecked',
      neutralCurrentA: '900 unchecked',
      demandKw: '1 unchecked',
      powerDownCount: '4 unchecked'
    }
  ],
  ['a register below zero', '1p', { importKwh: -1 }, { importKwh: '-1 suspect NEGATIVE_VALUE' }]
]

for (const [name, meter, given, expected] of ROWS) {
  test(`electrical: ${name}`, async () => {
    const line = await lineOf({ registry })
    await publish(line, [{ meter, at: 0, kind: 'instant', ...given }])
    const [row] = await line.readings(NUMBERS[meter])
    const shown = Object.keys(expected).map(field => [field, showValue(row, field as FieldName)])
    assert.deepEqual(Object.fromEntries(shown), expected)
    assert.equal(line.counted.quarantined, 0, 'a doubtful value is never set aside')
  })
}

test('energies are primary, registers stay as shown', async () => {
  const line = await lineOf({ registry })
  const given = [
    [0, 10],
    [15, 10.01],
    [30, 10.02]
  ].map(([at, importKwh]) => ({ meter: 'hv', at, importKwh }))
  await publish(line, given)
  assert.deepEqual(await intervals(line, 0, NUMBERS.hv), ['0-15 60 valid', '15-30 60 valid'])
  assert.deepEqual((await rows(line, 'importKwh', NUMBERS.hv)).at(-1), '30 curve v1 10.02 valid')
})

test('primary and secondary registers of one meter go on from each other', async () => {
  const line = await lineOf({ registry })
  await publish(line, [
    { meter: 'ct', at: 0, importKwh: 100 },
    { meter: 'ct', at: 15, importKwh: 2000.4, scale: 'primary' },
    { meter: 'ct', at: 30, importKwh: 100.04 }
  ])
  assert.deepEqual(await intervals(line, 0, NUMBERS.ct), ['0-15 0.4 valid', '15-30 0.4 valid'])
})

test('a primary register still moves in steps of its meter', async () => {
  const line = await lineOf({ registry: registryOf([{ id: 'M0', ratedA: 0.01, ct: 8000 }]) })
  await publish(
    line,
    [80, 160, 560, 1040].map((importKwh, i) => ({ at: i, importKwh, scale: 'primary' }))
  )
  assert.deepEqual(await intervals(line), [
    '0-1 80 valid',
    '1-2 400 valid',
    '2-3 480 suspect INCREMENT_LIMIT'
  ])
})

test('each register has its own energy; one that is absent has none', async () => {
  const line = await lineOf({ registry })
  await publish(line, [
    { meter: '1p', at: 0, importKwh: 5, importKvarh: 1, exportKvarh: 0 },
    { meter: '1p', at: 15, importKwh: 5.5, importKvarh: 1.25 }
  ])
  const shown = await Promise.all([0, 1, 2, 3].map(register => intervals(line, register)))
  assert.deepEqual(shown.flat(), [
    '0-15 0.5 valid',
    '0-15 NaN unchecked',
    '0-15 0.25 valid',
    '0-15 NaN unchecked'
  ])
})

test("the terminal's own sampling is a meter of its own", async () => {
  const line = await lineOf({ registry: registryOf([{ id: 'M0' }, { id: 'self:T0', ratedV: Number.NaN }]) })
  await publish(line, [{ meter: 'self', at: 0, voltageV: 230 }])
  assert.deepEqual(await rows(line, 'voltageVA', 1), ['0 curve v1 230 unchecked'])
})

test('fields without a column are kept as they came', async () => {
  const line = await lineOf({ registry })
  await publish(line, [
    { meter: '1p', at: 0, importKwh: 5, statusWords: ['0000'], temperatureC: 21.5, odd: 1 }
  ])
  const [row] = await line.readings()
  assert.deepEqual(JSON.parse(row.extras), { statusWords: ['0000'], temperatureC: 21.5 })
})
