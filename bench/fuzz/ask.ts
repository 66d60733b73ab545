import type { Readable } from 'node:stream'
import type { FastifyInstance, InjectOptions } from 'fastify'
import type { Answered } from './judge.ts'
import type { Asked } from './requests.ts'

/** No request may take longer; imports read files and passwords are slow on purpose. */
export const LIMIT_MS = 20_000

export class Hang extends Error {}

/** Sends a request into the server in this process. The answer of the live stream is read until its first event. */
export async function ask(api: FastifyInstance, asked: Asked): Promise<Answered> {
  const { method, url, headers, body, from } = asked
  const isStream = /^\/v1\/stream/.test(url)
  const options = {
    ...{ method, url, headers, remoteAddress: from, payloadAsStream: isStream },
    ...(body !== undefined && { payload: body.bytes })
  } as InjectOptions
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), LIMIT_MS)
  const late = new Promise<never>((_resolve, reject) => {
    abort.signal.addEventListener('abort', () => reject(new Hang(`no answer in ${LIMIT_MS} ms`)))
  })
  try {
    const answer = await Promise.race([api.inject(options), late])
    const text = isStream ? await Promise.race([beginningOf(answer.stream(), method), late]) : answer.body
    return { status: answer.statusCode, headers: answer.headers, body: text }
  } finally {
    clearTimeout(timer)
  }
}

/** What a stream says until its first event is whole, or all of it when it ends before; then it is closed. */
async function beginningOf(stream: Readable, method: string): Promise<string> {
  let text = ''
  for await (const part of stream) {
    text += String(part)
    if (text.startsWith('retry:') && text.includes('\n\n')) break
  }
  if (method === 'HEAD' && text !== '') return 'HEAD with a body'
  return text
}

/** The request as a command line. */
export function curlOf({ method, url, headers, body }: Asked, base: string): string {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
  const given = Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`)
  const line = ['curl -i --path-as-is -X', method, quote(`${base}${url}`), ...given]
  if (body === undefined) return line.join(' ')
  const base64 = body.bytes.subarray(0, 3000).toString('base64')
  const cut = body.bytes.length > 3000 ? ` # the first 3000 of ${body.bytes.length} bytes` : ''
  return `echo ${base64} | base64 -d | ${[...line, '--data-binary @-'].join(' ')}${cut}`
}
