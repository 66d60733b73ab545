import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { GridvigilError } from '../errors.ts'

/** Secret by terminal id: a file of lines `id,secret`, as `terminals add` prints them. */
export type Credentials = ReadonlyMap<string, string>

const SECRET_BYTES = 24

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
