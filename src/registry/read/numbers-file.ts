import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asError, GridvigilError } from '../../errors.ts'
import type { NumberBook } from '../numbers.ts'
import { NUMBERS_FILE } from '../tables.ts'
import { scanCsv } from './csv.ts'

/**
 * numbers.csv beside registry files: the column `id` with every meter in the order of its number, those that left the
 * registry too. An export writes it where the files alone would number the meters otherwise; imports do not look at it,
 * because a data folder has numbers of its own.
 * @returns undefined when the folder has none @throws REGISTRY_FATAL
 */
export function readNumbers(folder: string): NumberBook | undefined {
  const path = join(folder, NUMBERS_FILE)
  if (!existsSync(path)) return undefined
  const ids: string[] = []
  const refuse = (detail: string): never => {
    throw new GridvigilError('REGISTRY_FATAL', `${path}: ${detail}`)
  }
  try {
    scanCsv(
      readFileSync(path),
      cells => ids.push(cells[0] ?? ''),
      (line, problem) => refuse(`line ${line}: ${problem}`)
    )
  } catch (thrown) {
    if (thrown instanceof GridvigilError) throw thrown
    refuse(asError(thrown).message)
  }
  if (ids.shift() !== 'id') refuse('the header is not `id`')
  return { ids }
}
