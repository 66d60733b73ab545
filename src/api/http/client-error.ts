import type { Socket } from 'node:net'
import { GridvigilError } from '../../errors.ts'
import { describeProblem, PROBLEM_TYPE } from './problem.ts'

/** HTTP status by the code of Node's parser; 400 for all else. */
const STATUSES: Readonly<Record<string, readonly [status: number, reason: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout']
}

/** Answers what is no HTTP request, so that Fastify never sees it, with a problem as any other; then closes. */
export function answerUnreadable(
  error: { readonly code?: string; readonly message: string },
  socket: Socket
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const [status, reason] = STATUSES[error.code ?? ''] ?? [400, 'Bad Request']
  const refused = new GridvigilError('API_BAD_REQUEST', error.message)
  const body = JSON.stringify({ ...describeProblem(refused, { url: '', id: '' }, 'en'), status })
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    'connection: close'
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
