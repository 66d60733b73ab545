import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { asError, GridvigilError } from '../src/errors.ts'

/** Who may connect: terminal id -> SHA-256 of its secret. Secrets are random, so a fast hash is enough. */
export type Credentials = ReadonlyMap<string, Buffer>

const TERMINAL_ID = /^[A-Za-z0-9_-]{1,64}$/

/** Whether a client id may be a terminal id at all. */
export const isTerminalId = (id: string): boolean => TERMINAL_ID.test(id)

/**
 * Credentials of a CSV file with lines `id,secret`; a header line `id,secret` is skipped, empty lines too.
 * @throws GATEWAY_CREDENTIALS naming the line
 */
export function readCredentials(path: string): Credentials {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new GridvigilError('GATEWAY_CREDENTIALS', asError(thrown).message)
  }
  const credentials = new Map<string, Buffer>()
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '' || (index === 0 && line.trim() === 'id,secret')) return
    const comma = line.indexOf(',')
    const id = line.slice(0, Math.max(0, comma)).trim()
    const secret = line.slice(comma + 1).trim()
    const where = `${path}:${index + 1}`
    if (comma < 0 || secret === '')
      throw new GridvigilError('GATEWAY_CREDENTIALS', `${where} is not id,secret`)
    if (!isTerminalId(id))
      throw new GridvigilError('GATEWAY_CREDENTIALS', `${where} has the id ${JSON.stringify(id)}`)
    credentials.set(id, sha256(secret))
  })
  return credentials
}

/** Whether the secret is the terminal's own. Takes the same time for an unknown terminal. */
export function isOwnSecret(credentials: Credentials, id: string, secret: Uint8Array | string): boolean {
  const expected = credentials.get(id)
  return timingSafeEqual(expected ?? NOBODY, sha256(secret)) && expected !== undefined
}

const sha256 = (secret: Uint8Array | string): Buffer => createHash('sha256').update(secret).digest()
const NOBODY = Buffer.alloc(32)
