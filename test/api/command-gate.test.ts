import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { CommandGate } from '../../src/api/http/command-gate.ts'

test('commands run side by side, and nothing runs beside what is alone', async () => {
  const gate = new CommandGate()
  const told: string[] = []
  const open = new Map<string, () => void>()
  const work = (name: string) => async () => {
    told.push(`${name} begins`)
    await new Promise<void>(resolve => open.set(name, resolve))
    told.push(`${name} ends`)
  }
  const a = gate.share(work('a'))
  const b = gate.share(work('b'))
  const alone = gate.alone(work('alone'))
  const c = gate.share(work('c'))
  const end = async (name: string): Promise<void> => {
    open.get(name)?.()
    await turn()
  }
  await turn()
  assert.deepEqual(told, ['a begins', 'b begins'])
  await end('a')
  assert.equal(told.length, 3, 'one of two has ended')
  await end('b')
  assert.deepEqual(told.slice(3), ['b ends', 'alone begins'])
  await end('alone')
  assert.deepEqual(told.slice(5), ['alone ends', 'c begins'])
  await end('c')
  await Promise.all([a, b, alone, c])
})

test('work that fails leaves the gate open', async () => {
  const gate = new CommandGate()
  const fail = () => Promise.reject(new Error('no'))
  await assert.rejects(gate.share(fail))
  await assert.rejects(gate.alone(fail))
  assert.equal(await gate.alone(async () => 1), 1)
  assert.equal(await gate.share(async () => 2), 2)
})
