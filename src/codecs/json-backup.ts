import { z } from 'zod'
import { GENERATOR_MODES, type PlantReport, UPS_MODES } from '../model/plant.ts'
import type { QuarantineCode } from '../model/quarantine.ts'
import type { RefusedReading } from './decoded-frame.ts'
import { isGiven, isObject, parseObject, safeText } from './json-readings.ts'
import { parseTime } from './time-text.ts'

/**
 * The JSON form of `gv1/{terminal}/backup` (docs/mqtt.md): the backup plant of key customers.
 *
 *   {"time"?, "generators"?: [{"source", …}, …], "switches"?: [{"section", …}, …], "ups"?: [{"source", …}, …]}
 *
 * An entry with a value of the wrong type is refused alone: half of what a generator says of itself may mislead. A word that
 * nobody knows is not said. As for fields, null means the same as leaving it out, and members nobody knows are passed over.
 */

/** The plant as one frame tells it. The place of an entry set aside counts through all lists, in the order above. */
export interface DecodedBackup {
  readonly plant: PlantReport
  readonly refused: RefusedReading[]
}

const id = z.string().min(1).max(128)
const number = (least: number, most: number) =>
  z
    .number()
    .min(least)
    .max(most)
    .nullish()
    .transform(value => value ?? Number.NaN)
const flag = z
  .boolean()
  .nullish()
  .transform(value => value ?? undefined)
const word = <T extends string>(known: readonly T[]) =>
  z
    .string()
    .nullish()
    .transform((value): T | '' => known.find(each => each === value) ?? '')

const MOST = 1e9
const generator = z
  .object({
    source: id,
    running: flag,
    voltageV: number(0, MOST),
    // Power that flows back into a generator is negative.
    powerKw: number(-MOST, MOST),
    fuelPct: number(0, 100),
    startBatteryV: number(0, MOST),
    mode: word(GENERATOR_MODES)
  })
  .transform(({ running, ...rest }) => ({ ...rest, isRunning: running }))
const breaker = z
  .object({
    section: id,
    position: z
      .string()
      .max(128)
      .nullish()
      .transform(value => value ?? ''),
    auto: flag,
    fault: flag
  })
  .transform(({ auto, fault, ...rest }) => ({ ...rest, isAutomatic: auto, hasFault: fault }))
const ups = z.object({
  source: id,
  mode: word(UPS_MODES),
  loadPct: number(0, 1000),
  minutesLeft: number(0, MOST)
})

/** Lists of a message, what an entry of each is, and the member that names its subject. */
const LISTS = {
  generators: { entry: generator, subject: 'source' },
  switches: { entry: breaker, subject: 'section' },
  ups: { entry: ups, subject: 'source' }
} as const
type ListName = keyof typeof LISTS
type Entry<N extends ListName> = z.output<(typeof LISTS)[N]['entry']>
const NAMES = Object.keys(LISTS) as ListName[]

/**
 * Decodes a payload. One bad entry is refused alone; only what cannot be told apart refuses the frame.
 * @param maxEntries more entries in all lists together refuse the frame
 */
export function decodeJsonBackup(payload: Uint8Array, maxEntries: number): DecodedBackup | QuarantineCode {
  const message = parseObject(payload)
  if (typeof message === 'string') return message
  const time = isGiven(message.time) ? parseTime(message.time) : { ms: Number.NaN }
  if ('refused' in time) return time.refused
  const given = NAMES.map(name => message[name] ?? [])
  if (!given.every(list => Array.isArray(list))) return 'BAD_SHAPE'
  if (given.flat().length > maxEntries) return 'TOO_MANY_EVENTS'
  const refused: RefusedReading[] = []
  let index = 0
  const read = <N extends ListName>(name: N): Entry<N>[] =>
    (given[NAMES.indexOf(name)] ?? []).flatMap((entry: unknown) => {
      const place = index++
      const found = readEntry(name, entry)
      if (typeof found !== 'string') return [found]
      refused.push({ index: place, code: found, meter: '', text: safeText({ list: name, entry }) })
      return []
    })
  const plant = {
    time: time.ms,
    generators: read('generators'),
    switches: read('switches'),
    ups: read('ups')
  }
  return { plant, refused }
}

/** Judges an entry of the quarantine again. @returns why it is refused still; undefined when it can be read now */
export function refusalOfBackup(bytes: Uint8Array): QuarantineCode | undefined {
  const kept = parseObject(bytes)
  if (typeof kept === 'string') return 'BACKUP_SHAPE'
  const name = NAMES.find(each => each === kept.list)
  const found = name === undefined ? 'BACKUP_SHAPE' : readEntry(name, kept.entry)
  return typeof found === 'string' ? found : undefined
}

/** Of what names no source or section nobody can tell what it is about. */
function readEntry<N extends ListName>(name: N, given: unknown): Entry<N> | QuarantineCode {
  const { entry, subject } = LISTS[name]
  if (!isObject(given) || !id.safeParse(given[subject]).success) return 'BACKUP_SHAPE'
  const { data } = entry.safeParse(given)
  return data === undefined ? 'VALUE_TYPE' : (data as Entry<N>)
}
