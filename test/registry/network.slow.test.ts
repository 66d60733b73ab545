import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeCity } from '../../bench/city-registry.ts'
import { testEnvironment } from '../../src/config.ts'
import { seededRandom } from '../../src/random.ts'
import { type FeederName, readFeeder } from '../../src/simulator/feeder-files.ts'
import { writeFeederRegistry } from '../../src/simulator/feeder-registry.ts'
import { checkCities, checkNetwork, networkOfFolder } from '../support/network-cities.ts'
import { makeFolder } from './registry-folder.ts'

const STATES = 1000
/** Ties operated from each state; over all states each tie has its turn many times. */
const TIES_EACH = 2

const { shared } = testEnvironment()
const feeders = join(shared, 'data', 'feeder')
const skip = existsSync(feeders) ? false : `the shared data set is not at ${shared}; set GRIDVIGIL_SHARED`

test('1,000 random switch states of ten meshed cities, and every single tie from there', context => {
  checkCities(context, 10, STATES / 10)
})

for (const [name, devices] of [
  ['eulv', 907],
  ['ckt5', 2997]
] as const satisfies readonly (readonly [FeederName, number])[])
  test(`1,000 random switch states of the recorded feeder ${name}, and ties from there`, {
    skip
  }, context => {
    const folder = makeFolder(context)
    writeFeederRegistry(readFeeder(feeders, name), folder)
    const random = seededRandom(name)
    // The feeders are radial; ties between any two of their devices make them meshed.
    const network = networkOfFolder(folder, random, 20)
    assert.equal(network.ids.length, devices)
    checkNetwork(network, random, STATES, TIES_EACH)
  })

test('1,000 random switch states of a generated city with dirty rows, and ties from there', context => {
  const folder = makeFolder(context)
  writeCity(folder, { meters: 12_000, seed: 4, dirty: 0.02, changed: 0 })
  const random = seededRandom('city')
  const network = networkOfFolder(folder, random, 40)
  assert.ok(network.ids.length > 1000)
  checkNetwork(network, random, STATES, TIES_EACH)
})
