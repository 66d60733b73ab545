import { packTexts, shareTexts } from '../../src/registry/texts.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { emptyRegistry } from '../../src/registry/lookup/registry.ts'
import type { Random } from '../../src/random.ts'

/** A registry of `count` household meters M0…, spread over terminals T0, T1, …; 60 A, 220 V, 6.2 registers. */
export function smallRegistry(count: number, terminals: number): Registry {
  const ids = Array.from({ length: count }, (_, meter) => `M${meter}`)
  const filled = (value: number): Float64Array => new Float64Array(count).fill(value)
  return {
    ...emptyRegistry(),
    version: 1,
    hash: 'small',
    meterNumbers: new Map(ids.map((id, meter) => [id, meter])),
    meters: {
      count,
      id: packTexts(ids),
      earlier: new Int32Array(count).fill(-1),
      terminal: shareTexts(ids.map((_, meter) => `T${meter % terminals}`)),
      usagePoint: packTexts(ids.map(id => `U-${id}`)),
      device: shareTexts(ids.map(() => '')),
      wiring: shareTexts(ids.map(() => '1p2w')),
      ratedV: filled(220),
      ratedA: filled(60),
      ct: filled(1),
      pt: filled(1),
      registerDigits: filled(6),
      registerDecimals: filled(2),
      installedAt: filled(-Infinity),
      removedAt: filled(Infinity),
      initialRegister: filled(Number.NaN),
      removedRegister: filled(Number.NaN)
    }
  }
}

export interface TrafficFrame {
  readonly terminal: string
  readonly topic: number
  readonly payload: Uint8Array
}

const QUARTER_MS = 900_000

/**
 * Seeded frames of all that meets a gateway: quarter-hour readings in order, re-deliveries, corrections, late batches,
 * strangers, garbage, events. Registers advance by 0.10..0.49 kWh a quarter.
 */
export function* traffic(
  random: Random,
  meters: number,
  terminals: number,
  start: number,
  slots: number
): Generator<TrafficFrame> {
  const register = (meter: number, slot: number): number =>
    (1000 + meter * 50 + slot * 25 + ((slot * 7 + meter) % 15)) / 100
  const reading = (meter: number, slot: number, shift = 0): object => ({
    meter: `M${meter}`,
    time: start + slot * QUARTER_MS,
    importKwh: Math.round((register(meter, slot) + shift) * 100) / 100,
    voltageV: 220 + ((slot + meter) % 10)
  })
  const frame = (terminal: number, readings: object[]): TrafficFrame => ({
    terminal: `T${terminal}`,
    topic: 0,
    payload: encode({ kind: 'curve', readings })
  })
  const withheld: { terminal: number; readings: object[] }[] = []
  for (let slot = 0; slot < slots; slot++) {
    for (let terminal = 0; terminal < terminals; terminal++) {
      const own = Array.from({ length: meters }, (_, meter) => meter).filter(
        meter => meter % terminals === terminal
      )
      const readings = own.filter(() => random.next() > 0.05).map(meter => reading(meter, slot))
      if (random.next() < 0.1) withheld.push({ terminal, readings })
      else yield frame(terminal, readings)
      if (slot > 8 && random.next() < 0.15) {
        const back = slot - 1 - random.integer(8)
        yield frame(
          terminal,
          own.map(meter => reading(meter, back, random.next() < 0.2 ? 0.01 : 0))
        )
      }
      const late =
        withheld.length > 2 && random.next() < 0.3
          ? withheld.splice(random.integer(withheld.length), 1)[0]
          : undefined
      if (late !== undefined) yield frame(late.terminal, late.readings)
      yield* oddities(random, terminal)
    }
  }
  for (const { terminal, readings } of withheld) yield frame(terminal, readings)
}

function* oddities(random: Random, terminal: number): Generator<TrafficFrame> {
  const roll = random.next()
  const own = { terminal: `T${terminal}`, topic: 0 }
  if (roll < 0.02)
    yield { ...own, payload: Uint8Array.from({ length: random.integer(60) }, () => random.integer(256)) }
  else if (roll < 0.04)
    yield {
      ...own,
      payload: encode({ readings: [{ meter: 'stranger', time: 1795133700000, importKwh: 1 }, 7] })
    }
  else if (roll < 0.06) yield { ...own, payload: encode({ meters: ['M0', 'M1'], importKwh: [1] }) }
  else if (roll < 0.1)
    yield {
      ...own,
      topic: 2,
      payload: encode({ events: [{ meter: `M${terminal}`, type: 'last-gasp', origin: 'module' }] })
    }
  else if (roll < 0.12) yield { ...own, topic: 1, payload: Uint8Array.of(0x68, 1, 2, 3, 0x16) }
}

const encode = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
