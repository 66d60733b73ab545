import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { asError, GridvigilError } from '../errors.ts'

/** Secret by terminal id: a file of lines `id,secret`, as `terminals add` prints them. */
export type Credentials = ReadonlyMap<string, string>

const SECRET_BYTES = 24

/** Reads lines `id,secret`; empty lines and a header `id,secret` are passed over. @throws GATEWAY_CREDENTIALS */
export function readCredentials(path: string): Credentials {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new GridvigilError('GATEWAY_CREDENTIALS', `${path}: ${asError(thrown).message}`)
  }
  const credentials = new Map<string, string>()
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.replace(/^\ufeff/, '').trim()
    if (line === '' || line === 'id,secret') return
    const comma = line.indexOf(',')
    const secret = line.slice(comma + 1)
    if (comma < 1 || secret === '') {
      throw new GridvigilError('GATEWAY_CREDENTIALS', `${path} line ${index + 1} is not \`id,secret\``)
    }
    credentials.set(line.slice(0, comma), secret)
  })
  return credentials
}

/** New random secrets from the operating system, 192 bits each. */
export function makeCredentials(terminals: readonly string[]): Credentials {
  return new Map(terminals.map(id => [id, randomBytes(SECRET_BYTES).toString('base64url')]))
}

/** Readable by the owner only. */
export function writeCredentials(path: string, credentials: Credentials): void {
  const lines = [...credentials].map(([id, secret]) => `${id},${secret}\n`)
  writeFileSync(path, lines.join(''), { mode: 0o600 })
}

/** The secret of a terminal. @throws GATEWAY_CREDENTIALS when the file has none */
export function secretOf(credentials: Credentials, terminal: string): string {
  const secret = credentials.get(terminal)
  if (secret === undefined)
    throw new GridvigilError('GATEWAY_CREDENTIALS', `no secret for terminal ${terminal}`)
  return secret
}
