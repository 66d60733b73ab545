import { test } from 'node:test'
import { assertRestarts, cityCase, townCase } from './restart-case.ts'

test('outages of a town: restarted before every record', () => assertRestarts(townCase(), 1))

for (const seed of ['one', 'two', 'three'])
  test(`outages of city ${seed}: restarted before every 7th record`, () => assertRestarts(cityCase(seed), 7))
