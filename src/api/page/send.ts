import type { FastifyReply } from 'fastify'
import type { Html } from './html.ts'

/** Only our own inline style and script, by nonce; nothing from elsewhere; no framing. */
export const contentPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'"
  ].join('; ')

export function sendHtml(reply: FastifyReply, page: Html): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('vary', 'accept-language').send(page.text)
}
