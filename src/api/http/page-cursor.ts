import { InvalidRequest } from './route.ts'

/** Where a page ended, as opaque text: numbers joined by dots in base64url. */
export function writeCursor(...numbers: readonly number[]): string {
  return Buffer.from(numbers.join('.')).toString('base64url')
}

/** The numbers of a cursor. @throws API_BAD_REQUEST when it is not one of ours */
export function readCursor(cursor: string, length: number): number[] {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const numbers = /^\d{1,16}(\.\d{1,16})*$/.test(text) ? text.split('.').map(Number) : []
  if (numbers.length === length && numbers.every(Number.isSafeInteger)) return numbers
  throw new InvalidRequest([{ path: 'query.cursor', message: 'not a cursor of this listing' }])
}
