import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { Publisher } from '../src/simulator/publisher.ts'
import type { Server } from './server.ts'

/**
 * A small site whose traffic has a little of everything: readings in order, corrections, repeated and late batches, entries
 * of quarantine. What was acknowledged is known message by message, so that another program can be asked for it.
 */
export interface OldShape {
  readonly terminals: number
  readonly metersPerTerminal: number
  /** Quarters before the kill. */
  readonly slots: number
}

export const SLOT_MS = 900_000
/** Not in the registry at first. */
export const STRANGER = 'X-STRANGER'
const WINDOW = 16
const LIMIT_MS = 30_000
/** A checkpoint has been written by then. */
const CHECKPOINT_MS = 2500
const HELD_MS = 5
/** These slots of the first terminal come when its window of readings has long passed them. */
const LATE = { from: 20, to: 24, sentAt: 70 }

export interface OldReading {
  readonly meter: string
  readonly time: number
  readonly importKwh: number
}

/** What a message holds, and what has to become of it. */
interface Message {
  readonly payload: string
  readonly readings: readonly OldReading[]
  readonly quarantined: number
}

/** What was acknowledged, and what was under way when the server died: that may be there or not. */
export interface Sent {
  readonly startTime: number
  /** Registers by `meter@time`, in the order of sending: the last one is the newest version. */
  readonly acknowledged: ReadonlyMap<string, readonly number[]>
  readonly underWay: ReadonlySet<string>
  readonly quarantined: number
  readonly frames: number
  readonly framesUnderWay: number
}

export const meterOf = (terminal: number, meter: number): string => `X${terminal}-${meter}`
const terminalOf = (terminal: number): string => `O${terminal}`
export const keyOf = ({ meter, time }: { meter: string; time: number }): string => `${meter}@${time}`

export function writeOldSite(shape: OldShape, folder: string, withStranger = false) {
  const registry = join(folder, withStranger ? 'registry-more' : 'registry')
  mkdirSync(registry, { recursive: true })
  const terminals = Array.from({ length: shape.terminals }, (_, terminal) => terminal)
  const rows = terminals.flatMap(terminal =>
    Array.from({ length: shape.metersPerTerminal }, (_, meter) => {
      const id = meterOf(terminal, meter)
      return `${id},U-${id},${terminalOf(terminal)},1p2w,220,60,6,2,1`
    })
  )
  if (withStranger) rows.push(`${STRANGER},U-${STRANGER},O0,1p2w,220,60,6,2,1`)
  const head = 'id,usage_point,terminal,wiring,rated_v,rated_a,register_digits,register_decimals,ct_ratio'
  writeFileSync(join(registry, 'meters.csv'), `${head}\n${rows.join('\n')}\n`)
  writeFileSync(join(registry, 'terminals.csv'), `id\n${terminals.map(terminalOf).join('\n')}\n`)
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(credentials, terminals.map(terminal => `${terminalOf(terminal)},s-${terminal}\n`).join(''))
  return { registry, credentials }
}

/** The messages of one terminal, without end. */
function* messagesOf(shape: OldShape, terminal: number, startTime: number): Generator<Message> {
  const slotOf = (slot: number, shift = 0): OldReading[] =>
    Array.from({ length: shape.metersPerTerminal }, (_, meter) => ({
      meter: meterOf(terminal, meter),
      time: startTime + slot * SLOT_MS,
      importKwh: Math.round((1000 + meter * 10 + slot * 0.25 + shift) * 100) / 100
    }))
  const message = (readings: readonly OldReading[], extra: readonly object[] = []): Message => ({
    payload: JSON.stringify({ kind: 'curve', readings: [...readings, ...extra] }),
    readings,
    quarantined: extra.length
  })
  for (let slot = 0; ; slot++) {
    const isLate = terminal === 0 && slot >= LATE.from && slot < LATE.to
    if (!isLate) yield message(slotOf(slot))
    if (slot % 10 === 9) yield message(slotOf(slot - 3, 0.01))
    if (slot % 10 === 4) yield message(slotOf(slot - 2))
    const time = startTime + slot * SLOT_MS
    if (slot % 15 === 7)
      yield message([], [{ meter: meterOf((terminal + 1) % shape.terminals, 0), time, importKwh: 1 }])
    if (slot % 25 === 3) yield { payload: `no JSON ${slot}`, readings: [], quarantined: 1 }
    if (terminal === 0 && slot % 20 === 11) yield message([], [{ meter: STRANGER, time, importKwh: slot }])
    if (terminal === 0 && slot === LATE.sentAt) {
      for (let late = LATE.from; late < LATE.to; late++) yield message(slotOf(late))
    }
  }
}

/** Sends at least `shape.slots` quarters to a server and kills it while more are under way. */
export async function sendAndKill(shape: OldShape, server: Server, startTime: number): Promise<Run> {
  const lanes = await Promise.all(
    Array.from({ length: shape.terminals }, (_, terminal) => openLane(shape, server, terminal, startTime))
  )
  let mostSlots = Math.floor(shape.slots / 2)
  const sending = lanes.map(lane => lane.send(() => mostSlots).catch(() => {}))
  const reach = async (slots: number): Promise<void> => {
    while (!lanes.every(lane => lane.slotsAcknowledged() >= slots)) await systemClock.delay(5)
  }
  await reach(mostSlots - 1)
  // Half of it is stored and in a checkpoint; of the other half some is only in the logs.
  await server.waitForAudit(({ readings }) => readings.stored > 0, LIMIT_MS)
  await systemClock.delay(CHECKPOINT_MS)
  mostSlots = Number.POSITIVE_INFINITY
  await reach(shape.slots)
  await server.kill()
  await Promise.all(lanes.map(lane => lane.stop()))
  await Promise.all(sending)
  return {
    shape,
    startTime,
    lanes: lanes.map(lane => ({ acknowledged: lane.acked(), made: lane.messages.length }))
  }
}

/** All that has to be known of a run to say what it sent: messages are a function of shape and start. */
export interface Run {
  readonly shape: OldShape
  readonly startTime: number
  /** Messages of each terminal. */
  readonly lanes: readonly { readonly acknowledged: number; readonly made: number }[]
}

/** What was acknowledged in a run. */
export function sentOf({ shape, startTime, lanes }: Run): Sent {
  const acknowledged = new Map<string, number[]>()
  const underWay = new Set<string>()
  let [quarantined, frames, framesUnderWay] = [0, 0, 0]
  for (const [terminal, lane] of lanes.entries()) {
    for (const [index, message] of messagesOf(shape, terminal, startTime)
      .take(lane.made)
      .toArray()
      .entries()) {
      const isAcknowledged = index < lane.acknowledged
      if (isAcknowledged) frames++
      else framesUnderWay++
      if (isAcknowledged) quarantined += message.quarantined
      for (const reading of message.readings) {
        const key = keyOf(reading)
        if (!isAcknowledged) underWay.add(key)
        else acknowledged.set(key, [...(acknowledged.get(key) ?? []), reading.importKwh])
      }
    }
  }
  return { startTime, acknowledged, underWay, quarantined, frames, framesUnderWay }
}

async function openLane(shape: OldShape, server: Server, terminal: number, startTime: number) {
  const id = terminalOf(terminal)
  const url = `mqtt://127.0.0.1:${server.mqttPort}`
  const publisher = new Publisher({ url, terminal: id, secret: `s-${terminal}`, window: WINDOW }, systemClock)
  await publisher.start()
  const messages: Message[] = []
  return {
    messages,
    /** PUBACKs come in the order of the publishes. */
    acked: () => publisher.acked,
    slotsAcknowledged: () => {
      const times = messages.slice(0, publisher.acked).map(({ readings }) => readings[0]?.time ?? startTime)
      return (Math.max(startTime, ...times) - startTime) / SLOT_MS
    },
    /** @param mostSlots how far it may go by now */
    async send(mostSlots: () => number) {
      for (const message of messagesOf(shape, terminal, startTime)) {
        const time = message.readings[0]?.time ?? startTime
        while ((time - startTime) / SLOT_MS >= mostSlots()) await systemClock.delay(HELD_MS)
        messages.push(message)
        await publisher.publish(`gv1/${id}/readings`, message.payload)
      }
    },
    stop: () => publisher.stop()
  }
}
