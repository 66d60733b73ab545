import { test } from 'node:test'
import { assertRestarts, assertRestartsAtRandom, cityCase, townCase } from './restart-case.ts'

test('outages of a town: restarted before every 40th record, every 1000th and at 20 random ones', () => {
  const town = townCase()
  for (const chunk of [40, 1000]) assertRestarts(town, chunk)
  assertRestartsAtRandom(town, 20)
})

test('outages of a city: restarted before every 1000th record and at 20 random ones', () => {
  const city = cityCase('restarts')
  assertRestarts(city, 1000)
  assertRestartsAtRandom(city, 20)
})
