import { asError, ERRORS, type ErrorCode, GridvigilError, isError } from '../../src/errors.ts'

/** What is left of an error that crosses the border of a thread: its class is not. */
export interface PackedError {
  readonly message: string
  readonly code?: string
  readonly detail?: string
}

export function packError(thrown: unknown): PackedError {
  const { message } = asError(thrown)
  return isError(thrown) ? { message, code: thrown.code, detail: thrown.detail } : { message }
}

/** An error of the table again when it was one, else `otherwise`. */
export function unpackError(packed: PackedError, otherwise: Error): Error {
  const { code, detail } = packed
  if (code === undefined || !Object.hasOwn(ERRORS, code)) return otherwise
  return new GridvigilError(code as ErrorCode, detail)
}
