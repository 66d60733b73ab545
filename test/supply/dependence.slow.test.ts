import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testEnvironment } from '../../src/config.ts'
import { seededRandom } from '../../src/random.ts'
import { readFeeder } from '../../src/simulator/feeder-files.ts'
import { writeFeederRegistry } from '../../src/simulator/feeder-registry.ts'
import { makeFolder } from '../registry/registry-folder.ts'
import { checkDependence } from '../support/dependence-check.ts'
import { meshedCity, networkOf, networkOfFolder } from '../support/network-cities.ts'

const { shared } = testEnvironment()
const feeders = join(shared, 'data', 'feeder')
const skip = existsSync(feeders) ? false : `the shared data set is not at ${shared}; set GRIDVIGIL_SHARED`

test('what 100 meshed cities hang on is what failing each of their devices in turn shows', t => {
  const random = seededRandom('dependence of 100')
  for (let seed = 100; seed < 200; seed++) {
    const { devices, ties } = meshedCity(seed)
    checkDependence(networkOf(t, devices, ties), random, `city ${seed}`)
  }
})

test('what the recorded feeder ckt5 with ties hangs on is what failing each of its devices shows', {
  skip
}, t => {
  const folder = makeFolder(t)
  writeFeederRegistry(readFeeder(feeders, 'ckt5'), folder)
  const random = seededRandom('ckt5')
  for (const ties of [10, 40, 120])
    checkDependence(networkOfFolder(folder, random, ties), random, `${ties} ties`)
})
