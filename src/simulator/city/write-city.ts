import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readSecrets } from '../../registry/read/secrets-file.ts'
import { type Credentials, makeCredentials, writeCredentials } from '../credentials.ts'
import type { City } from './city.ts'
import { makeDirt, USUAL_DIRT } from './dirt.ts'
import { hospitalTerminalId, terminalId } from './ids.ts'
import { writeCityRegistry } from './registry-files.ts'
import type { Rhythm } from './terminals.ts'

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

/** All terminals read and send every so many seconds. */
export const quickRhythm = (intervalS: number): Rhythm => ({
  sampleS: intervalS,
  uploadS: intervalS,
  uploadDelayS: Math.max(1, Math.floor(intervalS / 3)),
  heartbeatS: intervalS
})

/** Writes a city. @param isFeedWrong in its books the standby feed of each hospital is bound to somebody else's usage point */
export function writeCity(city: City, folder: string, rhythm?: Rhythm, isFeedWrong = false): Credentials {
  const { truth, registry } = cityFolders(folder)
  mkdirSync(folder, { recursive: true })
  writeCityRegistry(city, truth, undefined, rhythm)
  writeCityRegistry(city, registry, makeDirt(city, USUAL_DIRT, isFeedWrong), rhythm)
  return writeSecrets(folder, [
    ...city.network.transformers.keys().map(terminalId),
    ...city.hospitals.map(({ number }) => hospitalTerminalId(number))
  ])
}

/** Secrets of terminals; those that are there already are kept, so that a restart does not lock anybody out. */
export function writeSecrets(folder: string, terminals: readonly string[]): Credentials {
  const { credentials: path } = cityFolders(folder)
  const credentials = new Map(makeCredentials(terminals))
  if (existsSync(path)) {
    for (const [id, secret] of readSecrets(path)) if (credentials.has(id)) credentials.set(id, secret)
  }
  writeCredentials(path, credentials)
  return credentials
}
