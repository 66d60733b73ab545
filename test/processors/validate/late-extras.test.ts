import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryOf } from '../../support/meter-registry.ts'
import { type Given, lineOf, publish } from './timeline.ts'

const reading = (at: number, errors?: string): Given => ({
  at,
  importKwh: 100 + at,
  ...(errors !== undefined && { errors })
})

test('a repeated reading behind the window is known by its extras too, though no answer carries them', async () => {
  const line = await lineOf({ registry: registryOf([{ id: 'M0' }]), windowReadings: 4 })
  await publish(
    line,
    Array.from({ length: 10 }, (_, i) => reading(i * 15, 'x'.repeat(100)))
  )
  await line.settle()
  const { stored } = line.counted
  await publish(line, [reading(0, 'x'.repeat(100)), reading(15, 'y'), reading(30)])
  await line.settle()
  const { duplicates, corrections } = line.counted
  assert.deepEqual({ stored, duplicates, corrections }, { stored: 10, duplicates: 1, corrections: 2 })
})
