import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasLoad, type Values } from '../../../../processors/outages/evidence/shown.ts'
import { FIELD, FIELDS } from '../../../../src/model/fields.ts'

/** One row that shows these. */
const row = (shown: Partial<Record<keyof typeof FIELD, number>>): Values =>
  FIELDS.map((_, field) => {
    const [, value] =
      Object.entries(shown).find(([name]) => FIELD[name as keyof typeof FIELD] === field) ?? []
    return value === undefined ? undefined : Float64Array.of(value)
  })

for (const [what, shown, wanted] of [
  ['a current', { voltageVA: 229, currentAA: 0.1, activePowerKw: 0 }, true],
  ['power that flows back through a transformer', { currentAA: -3, activePowerKw: -2 }, true],
  ['neither current nor power', { voltageVA: 229, currentAA: 0, activePowerKw: 0 }, false],
  ['voltages alone: its currents come in another message', { voltageVA: 229 }, undefined],
  ['voltages, and a current that could not be read', { voltageVA: 229, currentAA: Number.NaN }, undefined]
] as const)
  test(`load of a row that shows ${what}`, () => assert.equal(hasLoad(row(shown), 0), wanted))
