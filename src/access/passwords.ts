import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Passwords of people as argon2id (RFC 9106) in the PHC string form `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. The work
 * is done in the runtime's pool, not on the caller's thread.
 */

/** 19 MiB, 2 passes, 1 lane: OWASP Password Storage Cheat Sheet, first choice of argon2id. */
const MEMORY_KIB = 19_456
const PASSES = 2
const LANES = 1
const SALT_BYTES = 16
const HASH_BYTES = 32

export const MIN_PASSWORD = 12
export const MAX_PASSWORD = 256

/** What is kept of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES })
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${unpadded(salt)}$${unpadded(hash)}`
}

/** Whether a password is the one that was kept. Takes as long when nobody is known: `kept` is undefined then. */
export async function isPassword(password: string, kept: string | undefined): Promise<boolean> {
  const parts = PHC.exec(kept ?? NOBODY)
  if (parts === null) return false
  const [, memory, passes, parallelism, salt = '', hash = ''] = parts
  const expected = Buffer.from(hash, 'base64')
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const derived = await derive(password, Buffer.from(salt, 'base64'), cost)
  return derived.length === expected.length && timingSafeEqual(derived, expected) && kept !== undefined
}

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43})$/
const NOBODY = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${'A'.repeat(22)}$${'A'.repeat(43)}`

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

interface Cost {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

function derive(password: string, nonce: Buffer, cost: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: password, nonce, tagLength: HASH_BYTES, ...cost }, (error, key) =>
      error === null ? resolve(key) : reject(error)
    )
  })
}
