import type { Chance } from './chance.ts'
import type { Network } from './network.ts'

/** By index into the registry's BACKUPS. */
const BACKUP_SHARES = [
  [0, 0.3],
  [1, 0.6],
  [2, 0.1]
] as const
/** Companies whose networks the concentrators use. */
export const CARRIERS = ['CMCC', 'CUCC', 'CTCC'] as const
/** Codes of their networks (ITU E.212), by which their cells are told apart. */
export const NETWORKS = ['460-00', '460-01', '460-11'] as const
const CARRIER_SHARES = [
  [0, 0.6],
  [1, 0.25],
  [2, 0.15]
] as const
/** Side of the square that one mobile cell covers. */
const CELL_KM = 1.2
/** Concentrators that hang on another transformer than the meters they read. */
const FOREIGN_SUPPLY = 0.03

/** How often terminals read their meters, send what they read, and say that they are there, s. */
export interface Rhythm {
  readonly sampleS: number
  readonly uploadS: number
  /** At most after a point, s; as in a city when nothing is said. Each terminal has its own. */
  readonly uploadDelayS?: number
  readonly heartbeatS: number
}

export const USUAL_RHYTHM: Rhythm = { sampleS: 900, uploadS: 900, heartbeatS: 300 }

/** Columns by transformer: each has one concentrator. */
export interface Terminals {
  /** Place of the transformer that feeds it. */
  readonly poweredBy: Uint32Array
  /** Index into CARRIERS. */
  readonly carrier: Uint8Array
  /** Number of the mobile cell, of its carrier. */
  readonly cell: Uint32Array
  /** Index into BACKUPS. */
  readonly backup: Uint8Array
  /** How long after a slot its curves leave, s. */
  readonly uploadDelayS: Uint16Array
}

/** Gives every transformer its concentrator. */
export function placeTerminals({ devices, transformers }: Network, chance: Chance): Terminals {
  const ask = {
    carrier: chance.named('carrier'),
    backup: chance.named('backup'),
    foreign: chance.named('supply of the terminal'),
    delay: chance.named('upload delay')
  }
  const count = transformers.length
  const terminals = {
    poweredBy: new Uint32Array(count),
    carrier: new Uint8Array(count),
    cell: new Uint32Array(count),
    backup: new Uint8Array(count),
    uploadDelayS: new Uint16Array(count)
  }
  transformers.forEach((device, i) => {
    const isForeign = count > 1 && ask.foreign.at(i) < FOREIGN_SUPPLY
    terminals.poweredBy[i] = isForeign ? (i + 1 === count ? i - 1 : i + 1) : i
    terminals.carrier[i] = ask.carrier.pick(i, CARRIER_SHARES)
    terminals.backup[i] = ask.backup.pick(i, BACKUP_SHARES)
    terminals.cell[i] = cellAt(devices.x[device] ?? 0, devices.y[device] ?? 0)
    terminals.uploadDelayS[i] = 60 + 30 * ask.delay.integer(i, 19)
  })
  return terminals
}

/** Squares counted from the south-west; a city of a thousand of them each way is large enough. */
const cellAt = (x: number, y: number): number =>
  (Math.floor(y / CELL_KM) + 500) * 1000 + Math.floor(x / CELL_KM) + 500
