import type { Random } from '../../src/random.ts'
import { TOPICS } from '../../src/records/gateway-record.ts'
import { type TrafficFrame, traffic } from './traffic.ts'

/** Texts that begin like a value, so that a mutation often still is JSON. */
const SPICE = [
  'null',
  '[]',
  '{}',
  '"M1"',
  '-1',
  '1e999',
  '1e-999',
  '[1,null,3]',
  '"self"',
  '0',
  '99999999999999',
  '"2026-11-18T00:00:00+08:00"',
  '"__proto__"',
  'true',
  '[[[[]]]]',
  '"\\ud800"',
  '1795133700'
]
const NAMES = [
  'meter',
  'time',
  'kind',
  'importKwh',
  'exportKwh',
  'voltageV',
  'currentA',
  'powerFactor',
  'powerDownCount',
  'relay',
  'scale',
  'seq',
  '__proto__',
  'constructor'
]

export const pick = <T>(random: Random, from: readonly T[]): T => from[random.integer(from.length)]!
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

function garbage(random: Random): Uint8Array {
  return Uint8Array.from({ length: random.integer(300) }, () => random.integer(256))
}

function flipped(random: Random, payload: Uint8Array): Uint8Array {
  const bytes = payload.slice(0, random.next() < 0.3 ? random.integer(payload.length + 1) : payload.length)
  for (let hits = random.integer(5); hits > 0 && bytes.length > 0; hits--)
    bytes[random.integer(bytes.length)] = random.integer(256)
  return bytes
}

/** A value or a name of the message replaced by another one. */
function spiced(random: Random, payload: Uint8Array): Uint8Array {
  const parts = new TextDecoder().decode(payload).split(/([:,[\]{}])/)
  for (let hits = 1 + random.integer(4); hits > 0; hits--) {
    const at = random.integer(parts.length)
    if (/^"[^"]*"$/.test(parts[at]!) && random.next() < 0.5) parts[at] = JSON.stringify(pick(random, NAMES))
    else if (!/^[:,[\]{}]?$/.test(parts[at]!)) parts[at] = pick(random, SPICE)
  }
  return encode(parts.join(''))
}

/** A message in columns: some equal in length, some not. */
function columns(random: Random, meters: number, start: number): Uint8Array {
  const count = random.integer(50)
  const message: Record<string, unknown> = { time: start + random.integer(40) * 900_000 }
  message.meters = Array.from({ length: count }, () => `M${random.integer(meters + 2)}`)
  for (const name of NAMES.slice(3, 10)) {
    if (random.next() < 0.5) continue
    const length = random.next() < 0.05 ? count + 1 : count
    message[name] = Array.from({ length }, () =>
      pick<unknown>(random, [null, 1, 2.5, random.integer(9999) / 100, [220, null, 231], -1, 'x'])
    )
  }
  return encode(JSON.stringify(message))
}

/** Events and states with members that belong to them, to others, or to nobody. */
function words(random: Random, meters: number): Uint8Array {
  const value = (): unknown =>
    pick<unknown>(random, [null, 1, 1795133700000, 'A', 'x', true, 'module', 'meter', 'last-gasp', ['M1']])
  const event = (): object => ({
    type: pick(random, ['last-gasp', 'power-up', 'power-outage-record', 'ghost']),
    origin: pick(random, ['meter', 'module', 'inferred', 'nobody']),
    [pick(random, ['meter', 'meter', 'meter', 'device', 'meters'])]: `M${random.integer(meters + 2)}`,
    [pick(random, ['time', 'start', 'end', 'phases', 'count', 'test', 'colour'])]: value()
  })
  const status = { state: pick(random, ['online', 'offline', 'x']), bootCount: value(), supply: value() }
  const events = Array.from({ length: random.integer(60) }, event)
  return encode(JSON.stringify(random.next() < 0.7 ? { events } : status))
}

/** Traffic as terminals send it, and beside it what no terminal should. */
export function* hostileFrames(
  random: Random,
  meters: number,
  terminals: number,
  start: number,
  slots: number
): Generator<TrafficFrame> {
  for (const frame of traffic(random, meters, terminals, start, slots)) {
    yield frame
    const roll = random.next()
    const topic = random.next() < 0.8 ? frame.topic : random.integer(TOPICS.length)
    if (roll < 0.25) yield { ...frame, topic, payload: spiced(random, frame.payload) }
    else if (roll < 0.4) yield { ...frame, topic, payload: flipped(random, frame.payload) }
    else if (roll < 0.5) yield { ...frame, topic, payload: garbage(random) }
    else if (roll < 0.6) yield { ...frame, topic: 0, payload: columns(random, meters, start) }
    else if (roll < 0.65)
      yield { ...frame, topic, terminal: pick(random, ['T0', 'T9', '__proto__', 'constructor']) }
    else if (roll < 0.7) yield { ...frame, topic: pick(random, [2, 3]), payload: words(random, meters) }
  }
}
