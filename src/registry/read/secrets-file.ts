import { readFileSync } from 'node:fs'
import { asError, GridvigilError } from '../../errors.ts'

const TERMINAL_ID = /^[A-Za-z0-9_-]{1,64}$/

/** Whether a text may be a terminal's id at all: it is client id, user name and part of topics. */
export const isTerminalId = (id: string): boolean => TERMINAL_ID.test(id)

/**
 * Secret by terminal id, of a file with lines `id,secret`; empty lines and a header `id,secret` are passed over.
 * @throws GATEWAY_CREDENTIALS naming the line
 */
export function readSecrets(path: string): Map<string, string> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new GridvigilError('GATEWAY_CREDENTIALS', `${path}: ${asError(thrown).message}`)
  }
  const secrets = new Map<string, string>()
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/^\ufeff/, '').trim()
    if (line === '' || (index === 0 && line === 'id,secret')) continue
    const comma = line.indexOf(',')
    const id = line.slice(0, Math.max(0, comma)).trim()
    const secret = line.slice(comma + 1).trim()
    const where = `${path}:${index + 1}`
    if (comma < 0 || secret === '')
      throw new GridvigilError('GATEWAY_CREDENTIALS', `${where} is not id,secret`)
    if (!isTerminalId(id))
      throw new GridvigilError('GATEWAY_CREDENTIALS', `${where} has the id ${JSON.stringify(id)}`)
    secrets.set(id, secret)
  }
  return secrets
}
