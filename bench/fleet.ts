import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The fleet that all workloads share: meters behind terminals, all of it a function of the seed, so that sender
 * and checker compute the same values without exchanging them.
 *
 *   terminal t owns meters [t * per, (t + 1) * per), per = meters / terminals
 *   frame f of a terminal holds its readings [f * batch, (f + 1) * batch)
 *   reading r of a terminal is of its meter r % per at time slot floor(r / per)
 */
export interface FleetShape {
  readonly seed: number
  readonly meters: number
  readonly terminals: number
  /** Readings per frame. */
  readonly batch: number
  /** Time slots each meter may report; slot 0 is at `startTime`. */
  readonly slots: number
  readonly slotMs: number
  /** Epoch ms of slot 0. */
  readonly startTime: number
  /** Five values a reading, of one phase, instead of thirteen. */
  readonly lean?: boolean
}

export interface Fleet extends FleetShape {
  readonly metersPerTerminal: number
  /** Frames of one terminal until its slots are used up. */
  readonly framesPerTerminal: number
  /** Constant traits of each meter, drawn from the seed. */
  readonly traits: Int32Array
}

/** Shown values are integers of their last digit: 0.01 kWh, 0.0001 kW, 0.1 V, 0.001 A. */
export interface FleetReading {
  importCenti: number
  exportCenti: number
  importKvarhCenti: number
  powerTenthW: number
  reactiveTenthVar: number
  voltageDeci: [number, number, number]
  currentMilli: [number, number, number]
  powerFactorMilli: number
  frequencyCenti: number
}

/** Registers keep seven digits up to this slot. */
const MAX_SLOTS = 60_000
const FIRST_REGISTER_CENTI = 1_000_000

/** A fleet from its shape. @throws RangeError when the numbers do not divide or registers would overflow */
export function createFleet(shape: FleetShape): Fleet {
  const metersPerTerminal = shape.meters / shape.terminals
  if (!Number.isInteger(metersPerTerminal)) throw new RangeError('meters must be a multiple of terminals')
  if (shape.slots > MAX_SLOTS) throw new RangeError(`a register holds at most ${MAX_SLOTS} slots`)
  const framesPerTerminal = Math.floor((metersPerTerminal * shape.slots) / shape.batch)
  const traits = Int32Array.from({ length: shape.meters }, (_, meter) => mix(shape.seed, meter, 0))
  return { ...shape, metersPerTerminal, framesPerTerminal, traits }
}

/** Slots needed so that every terminal has `frames` frames. */
export function slotsFor(frames: number, batch: number, metersPerTerminal: number): number {
  return Math.ceil((frames * batch) / metersPerTerminal)
}

/** Start of a series of `slots` slots that ends before `now`, on a whole slot. */
export function startBefore(now: number, slots: number, slotMs: number): number {
  return Math.floor(now / slotMs) * slotMs - slots * slotMs
}

export const terminalId = (terminal: number): string => `BT${String(terminal).padStart(5, '0')}`
export const meterId = (meter: number): string => `BM${String(meter).padStart(7, '0')}`

/** Secrets of a throw-away fleet: known from the seed, good for nothing else. */
export const terminalSecret = (seed: number, terminal: number): string =>
  `bench-${mix(seed, terminal, 0x5ec2e7).toString(36)}-${mix(seed, terminal, 0x5ec2e8).toString(36)}`

export const timeOf = (fleet: Fleet, slot: number): number => fleet.startTime + slot * fleet.slotMs

/** The frame of its terminal in which the reading of `meter` at `slot` travels. */
export function frameOf(fleet: Fleet, meter: number, slot: number): number {
  const reading = slot * fleet.metersPerTerminal + (meter % fleet.metersPerTerminal)
  return Math.floor(reading / fleet.batch)
}

/** The import register alone: what checkers compare. Rises with every slot. */
export function importCenti(seed: number, meter: number, slot: number): number {
  const trait = mix(seed, meter, 0)
  const step = 10 + (trait % 51)
  return FIRST_REGISTER_CENTI + ((trait >>> 8) % 4_000_000) + slot * step + (mix(seed, meter, slot + 1) % 10)
}

/**
 * Values of one meter at one slot, written into `into`. P = sum of V I PF, and at 15-minute slots the register
 * advances with P.
 */
export function fillReading(fleet: Fleet, meter: number, slot: number, into: FleetReading): void {
  const noise = mix(fleet.seed, meter, slot + 1)
  const trait = fleet.traits[meter] ?? 0
  const step = 10 + (trait % 51)
  into.importCenti = FIRST_REGISTER_CENTI + ((trait >>> 8) % 4_000_000) + slot * step + (noise % 10)
  const feedsIn = meter % 10 === 0
  into.exportCenti = FIRST_REGISTER_CENTI + (trait % 100_000) + (feedsIn ? slot * 7 + (noise % 7) : 0)
  into.importKvarhCenti = FIRST_REGISTER_CENTI + (trait % 900_000) + slot * 4 + (noise % 4)
  const powerTenthW = step * 400 + (noise % 1000)
  const factor = (noise >>> 10) % 100
  into.powerTenthW = powerTenthW
  into.powerFactorMilli = 900 + factor
  into.reactiveTenthVar = (powerTenthW * (TANGENTS[factor] ?? 0)) | 0
  const currentVolts = (powerTenthW * 1e6) / (3 * (900 + factor))
  for (let phase = 0; phase < 3; phase++) {
    const volts = 2200 + ((noise >>> (phase * 7)) % 200)
    into.voltageDeci[phase] = volts
    into.currentMilli[phase] = (currentVolts / volts) | 0
  }
  into.frequencyCenti = 4995 + ((noise >>> 20) % 11)
}

/** Reactive over active power by power factor, 0.900 upwards. */
const TANGENTS = Float64Array.from({ length: 100 }, (_, index) => {
  const factor = (900 + index) / 1000
  return Math.sqrt(1 - factor * factor) / factor
})

/** A reading to be filled. */
export const emptyReading = (): FleetReading => ({
  importCenti: 0,
  exportCenti: 0,
  importKvarhCenti: 0,
  powerTenthW: 0,
  reactiveTenthVar: 0,
  voltageDeci: [0, 0, 0],
  currentMilli: [0, 0, 0],
  powerFactorMilli: 0,
  frequencyCenti: 0
})

/** Registry CSV files (docs/registry.md) and `credentials.csv` of the fleet, written into `folder`. */
export function writeFleet(fleet: Fleet, folder: string): { registry: string; credentials: string } {
  const registry = join(folder, 'registry')
  const credentials = join(folder, 'credentials.csv')
  mkdirSync(registry, { recursive: true })
  const terminals = Array.from({ length: fleet.terminals }, (_, terminal) => terminal)
  const meters = Array.from({ length: fleet.meters }, (_, meter) => meter)
  const transformerOf = (terminal: number): string => `BX${String(terminal).padStart(5, '0')}`
  const ownerOf = (meter: number): number => Math.floor(meter / fleet.metersPerTerminal)
  const feederOf = (terminal: number): string => `BF${String(Math.floor(terminal / 20)).padStart(3, '0')}`
  const feeders = [...new Set(terminals.map(feederOf))]
  writeCsv(join(registry, 'devices.csv'), 'id,kind,name,parent,phases,rated_kva,nominal_kv', [
    'BS1,substation,Bench substation,,ABC,,110',
    ...feeders.map(feeder => `${feeder},feeder,Feeder ${feeder},BS1,ABC,,10`),
    ...terminals.map(
      t => `${transformerOf(t)},transformer,Transformer ${transformerOf(t)},${feederOf(t)},ABC,630,0.4`
    )
  ])
  writeCsv(
    join(registry, 'usage_points.csv'),
    'id,account,device,phase,role,metering_side',
    meters.map(m => `U${meterId(m)},A${meterId(m)},${transformerOf(ownerOf(m))},ABC,supply,lv`)
  )
  writeCsv(
    join(registry, 'terminals.csv'),
    'id,kind,powered_by,sample_interval_s,upload_interval_s,upload_delay_s,heartbeat_s',
    terminals.map(t => `${terminalId(t)},concentrator,${transformerOf(t)},900,900,60,300`)
  )
  writeCsv(
    join(registry, 'meters.csv'),
    'id,usage_point,terminal,wiring,rated_v,rated_a,ct_ratio,pt_ratio,register_digits,register_decimals',
    meters.map(m => `${meterId(m)},U${meterId(m)},${terminalId(ownerOf(m))},3p4w,220,100,1,1,6,2`)
  )
  writeFileSync(
    credentials,
    terminals.map(t => `${terminalId(t)},${terminalSecret(fleet.seed, t)}\n`).join('')
  )
  return { registry, credentials }
}

function writeCsv(path: string, header: string, rows: readonly string[]): void {
  writeFileSync(path, `${header}\n${rows.join('\n')}\n`)
}

/** 31 well-mixed bits of three numbers (murmur3 finaliser); 31, so that remainders stay integer arithmetic. */
function mix(seed: number, a: number, b: number): number {
  let hash = Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(a + 1, 0x85ebca6b) ^ Math.imul(b + 1, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) & 0x7fffffff
}
