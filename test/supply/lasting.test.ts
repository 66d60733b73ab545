import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOSPITAL } from '../processors/supply/plant.ts'
import type { SourceRole, SupplyPicture } from '../../src/model/supply.ts'
import { darkThen, lastsUntil } from '../../src/supply/lasting.ts'

const MINUTE = 60_000

/** @param fedBy of S1 and S2 @param roles of G1, G2, GEN and UPS */
function picture(fedBy: readonly string[], roles: readonly SourceRole[], state = 'emergency'): SupplyPicture {
  return {
    ...{ state: state as 'emergency', securityLoadSupplied: 'yes', atRisk: true, reason: 'OWN_SOURCE' },
    autonomyMin: [90, 120],
    sources: HOSPITAL.sources.map(({ id }, i) => ({
      ...{ source: id, state: 'unknown', role: roles[i] ?? 'none', basis: 'measured', reason: 'MESSAGE' }
    })),
    sections: HOSPITAL.sections.map(({ id }, i) => ({
      ...{ section: id, fedBy: fedBy[i] ?? 'dark', basis: 'measured', reason: 'SWITCH' }
    }))
  }
}

test('what is dark when own sources have ended', () => {
  const rows: [what: string, fedBy: string[], roles: SourceRole[], dark: string[]][] = [
    ['nothing else is there', ['GEN', 'dark'], ['none', 'none', 'carrying'], ['S1']],
    ['a feed takes it over', ['GEN', 'G2'], ['none', 'available', 'carrying'], []],
    ['one that waits for a person does not', ['GEN', 'G2'], ['none', 'open', 'carrying'], ['S1']],
    ['a truck is own as well', ['TRK-1', 'dark'], ['none', 'none', 'none'], ['S1']],
    ['what the grid feeds goes on', ['G1', 'G1'], ['carrying', 'none', 'none'], []],
    ['of what nobody knows nothing is said', ['unknown', 'dark'], ['none', 'none', 'none'], []]
  ]
  for (const [what, fedBy, roles, dark] of rows)
    assert.deepEqual(darkThen(HOSPITAL, picture(fedBy, roles)), dark, what)
})

test('until when: by the low end, while own sources carry', () => {
  assert.equal(lastsUntil(picture(['GEN'], []), 10 * MINUTE), 100 * MINUTE)
  assert.equal(lastsUntil(picture(['G1'], [], 'normal'), 0), undefined)
  const { autonomyMin: _unknown, ...rest } = picture(['GEN'], [])
  assert.equal(lastsUntil(rest, 0), undefined)
})
