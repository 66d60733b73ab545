import { createHash, timingSafeEqual } from 'node:crypto'
import { readSecrets } from '../src/registry/read/secrets-file.ts'

/** Who may connect: terminal id -> SHA-256 of its secret. Secrets are random, so a fast hash is enough. */
export type Credentials = ReadonlyMap<string, Buffer>

/** Credentials of a file with lines `id,secret`. @throws GATEWAY_CREDENTIALS naming the line */
export function readCredentials(path: string): Credentials {
  return new Map([...readSecrets(path)].map(([id, secret]) => [id, sha256(secret)]))
}

/** Whether the secret is the terminal's own. Takes the same time for an unknown terminal. */
export function isOwnSecret(credentials: Credentials, id: string, secret: Uint8Array | string): boolean {
  const expected = credentials.get(id)
  return timingSafeEqual(expected ?? NOBODY, sha256(secret)) && expected !== undefined
}

const sha256 = (secret: Uint8Array | string): Buffer => createHash('sha256').update(secret).digest()
const NOBODY = Buffer.alloc(32)
