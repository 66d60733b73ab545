import { createHash, randomBytes } from 'node:crypto'

/**
 * Secrets that machines hold: 256 random bits in URL-safe letters. Because nobody can guess one, a fast hash is enough
 * to keep it (passwords of people: passwords.ts).
 */
const SECRET_BYTES = 32

/** A new secret with a prefix that tells scanners of leaked secrets what it is, such as `gvt_`. */
export const makeSecret = (prefix: string): string =>
  `${prefix}${randomBytes(SECRET_BYTES).toString('base64url')}`

/** A short name that is not secret: 72 random bits. */
export const makeId = (): string => randomBytes(9).toString('base64url')

/** What is kept of a secret: SHA-256 in hex. */
export const hashSecret = (secret: string | Uint8Array): string =>
  createHash('sha256').update(secret).digest('hex')
