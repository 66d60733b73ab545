import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readSecrets } from '../../registry/read/secrets-file.ts'
import { type City, makeCity } from '../city/city.ts'
import { makeDirt } from '../city/dirt.ts'
import { hospitalTerminalId, terminalId } from '../city/ids.ts'
import { writeCityRegistry } from '../city/registry-files.ts'
import type { Rhythm } from '../city/terminals.ts'
import { type Credentials, makeCredentials, writeCredentials } from '../credentials.ts'

/** A made-up city in a folder: its registry as things are, the one in the books, and a secret for each terminal. */
export interface CityFolders {
  readonly truth: string
  readonly registry: string
  readonly credentials: string
}

export const cityFolders = (folder: string): CityFolders => ({
  truth: join(folder, 'truth'),
  registry: join(folder, 'registry'),
  credentials: join(folder, 'credentials.csv')
})

/** Transformers of the demo are small, so that there are many. */
const DEMO_TRANSFORMER: readonly [least: number, most: number] = [10, 30]
/** Points every quarter of an hour; what is now every fifteen seconds, because nobody watches for longer. */
const DEMO_RHYTHM: Rhythm = { sampleS: 900, uploadS: 15, uploadDelayS: 12, heartbeatS: 15 }

/** All terminals read and send every so many seconds. */
export const quickRhythm = (intervalS: number): Rhythm => ({
  sampleS: intervalS,
  uploadS: intervalS,
  uploadDelayS: Math.max(1, Math.floor(intervalS / 3)),
  heartbeatS: intervalS
})

/** Writes the demo's city into `folder`. */
export function writeDemoCity(folder: string, seed: string, meters: number): Credentials {
  return writeCity(makeCity({ seed, meters, transformerMeters: DEMO_TRANSFORMER }), folder, DEMO_RHYTHM)
}

/** Writes a city; secrets that are there already are kept, so that a restart does not lock the terminals out. */
export function writeCity(city: City, folder: string, rhythm?: Rhythm): Credentials {
  const { truth, registry, credentials: path } = cityFolders(folder)
  mkdirSync(folder, { recursive: true })
  writeCityRegistry(city, truth, undefined, rhythm)
  writeCityRegistry(city, registry, makeDirt(city), rhythm)
  const terminals = [
    ...city.network.transformers.keys().map(terminalId),
    ...city.hospitals.map(({ number }) => hospitalTerminalId(number))
  ]
  const credentials = new Map(makeCredentials(terminals))
  if (existsSync(path)) for (const [id, secret] of readSecrets(path)) credentials.set(id, secret)
  writeCredentials(path, credentials)
  return credentials
}
