import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foreignIn, HEARD, personsIn, withoutOwnPersons } from '../../bench/access-leaks.ts'

test('what is another customer’s is seen, what is its own or was asked for is not', () => {
  const rows: [text: string, names: readonly string[], found: string | undefined][] = [
    ['{"keyCustomer":"KC000","usagePoint":"U-KC000-1","meter":"330400000001"}', [], undefined],
    ['{"keyCustomer":"KC001"}', [], 'KC001'],
    ['{"source":"KC010-GEN"}', [], 'KC010'],
    ['{"terminal":"T-KCBAD"}', [], 'KCBAD'],
    ['{"name":"模拟医院1"}', [], undefined],
    ['{"name":"模拟医院12"}', [], '模拟医院12'],
    ['{"meter":"330400000002"}', [], '330400000002'],
    ['{"meter":"330100000017"}', [], '330100000017'],
    ['{"usagePoint":"U0000017"}', [], 'U0000017'],
    ['{"instance":"/v1/key-customers/KC001"}', ['KC001'], undefined],
    ['{"instance":"/v1/key-customers/KC001","name":"模拟医院2"}', ['KC001'], '模拟医院2']
  ]
  for (const [text, names, found] of rows) assert.equal(foreignIn('', '', text, names)[0]?.what, found, text)
})

test('persons are seen wherever they stand, but for its own', () => {
  assert.equal(personsIn('', '', '{"value":"PERSON!duty_phone!KC001"}').length, 1)
  assert.equal(personsIn('', '', `{"heardFrom":"${HEARD}KC000"}`).length, 1)
  assert.equal(personsIn('', '', withoutOwnPersons('PERSON!deputy!KC000')).length, 0)
  assert.equal(personsIn('', '', withoutOwnPersons('PERSON!deputy!KC001')).length, 1)
})
