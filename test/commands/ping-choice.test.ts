import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PingDesk } from '../../commands/site/ping-desk.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** Whom a desk asks of some meters, terminal by terminal. */
async function askedOf(terminals: readonly string[], most: number, deaf: readonly string[] = []) {
  const meters = terminals.map((terminal, i) => ({ meter: `M${i}`, terminal }))
  const way = {
    hears: (terminal: string) => !deaf.includes(terminal),
    ask: () => {},
    risingNumber: () => 1,
    storePing: async () => {}
  }
  const desk = new PingDesk(way, { note: async () => {} }, new ManualClock(), 100)
  const ping = await desk.ask({ meters, most, device: 'TR1', incident: '' }, {
    kind: 'token',
    name: 'li'
  } as never)
  return ping.meters.map(({ meter, terminal }) => `${meter} ${terminal}`)
}

const OWN = Array.from({ length: 20 }, () => 'KA')

test('of a device first those are asked whose terminals read many there: a foreign one may stand in the registry by mistake', async () => {
  assert.deepEqual(await askedOf(['KX', 'KY', ...OWN], 2), ['M2 KA', 'M3 KA'])
  assert.deepEqual(await askedOf(['KX', 'KY', ...OWN], 2, ['KA']), ['M0 KX', 'M1 KY'])
})

test('two that share it are asked in the order of the meters, and a single household is asked whoever reads it', async () => {
  assert.deepEqual(await askedOf(['KB', 'KA', 'KB', 'KA'], 3), ['M0 KB', 'M1 KA', 'M2 KB'])
  assert.deepEqual(await askedOf(['KX'], 5), ['M0 KX'])
})
