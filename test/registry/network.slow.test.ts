import { test } from 'node:test'
import { checkCities } from '../support/network-cities.ts'

test('1,000 random switch states of ten meshed cities, and every single tie from there', context => {
  checkCities(context, 10, 100)
})
