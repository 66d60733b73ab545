import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldLosses, type LossLine } from '../../scoring/communication.ts'
import { scoreDoubt } from '../../scoring/doubt.ts'
import { voicesOf } from '../../scoring/voices.ts'

const at = (minutes: number): number => minutes * 60_000

/** T1 reads the meters of U1 and U2, T2 that of U3. */
const terminals = ['T1', 'T1', 'T2']
const voices = voicesOf(
  { point: ['U1', 'U2', 'U3'], meter: ['M1', 'M2', 'M3'] },
  customer => terminals[customer] ?? ''
)

test('who speaks for whom', () => {
  assert.deepEqual(Object.fromEntries(voices), {
    M1: ['U1'],
    T1: ['U1', 'U2'],
    M2: ['U2'],
    M3: ['U3'],
    T2: ['U3']
  })
})

test('of outages without a sign while they lasted, those that somebody doubted', () => {
  const outages = [
    { start: at(0), end: at(30), usagePoints: ['U1'] },
    { start: at(100), end: at(130), usagePoints: ['U1', 'U2'], firstSignAt: at(135) },
    { start: at(200), end: at(230), usagePoints: ['U3'], firstSignAt: at(230) },
    { start: at(300), end: at(330), usagePoints: ['U3'], firstSignAt: at(301) }
  ]
  const open = (id: string, minute: number, rest: Partial<LossLine>): LossLine[] => [
    { at: at(minute + 5), id, state: 'open', start: at(minute), ...rest },
    { at: at(minute + 20), id, state: 'closed', end: at(minute + 20) }
  ]
  const reason = 'POWER_OR_COMMUNICATION'
  const shown = (lines: readonly LossLine[]) => scoreDoubt(outages, foldLosses(lines), voices, at(1440)).shown
  assert.deepEqual(scoreDoubt(outages, [], voices, at(1440)), { withoutSign: 3, shown: 0 })
  assert.equal(shown(open('a', 2, { reason, scope: 'meter', meters: ['M1'] })), 1)
  assert.equal(shown(open('a', 102, { reason, scope: 'terminal', terminals: ['T1'] })), 1)
  assert.equal(shown(open('a', 102, { scope: 'terminal', terminals: ['T1'] })), 0, 'said without a doubt')
  assert.equal(shown(open('a', 102, { reason, scope: 'terminal', terminals: ['T2'] })), 0, 'somebody else')
  assert.equal(shown(open('a', 302, { reason, scope: 'meter', meters: ['M3'] })), 0, 'it had a sign')
})
