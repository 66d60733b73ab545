import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { FastifyInstance, InjectOptions } from 'fastify'
import type { Answered } from './judge.ts'
import type { Asked } from './requests.ts'

/** No request may take longer; imports read files and passwords are slow on purpose. */
export const LIMIT_MS = 20_000

export class Hang extends Error {}

/**
 * Sends a request into the server in this process; one for the live stream over a socket, whose end the server sees: that
 * answer is read until its first event.
 * @param port where the server listens
 */
export async function ask(api: FastifyInstance, port: number, asked: Asked): Promise<Answered> {
  let giveUp = (): void => {}
  const late = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(new Hang(`no answer in ${LIMIT_MS} ms`))
  })
  const timer = setTimeout(giveUp, LIMIT_MS)
  try {
    const isStream = /^\/v1\/stream/.test(asked.url)
    return await Promise.race([isStream ? listen(port, asked) : inject(api, asked), late])
  } finally {
    clearTimeout(timer)
  }
}

async function inject(api: FastifyInstance, { method, url, headers, body, from }: Asked): Promise<Answered> {
  const options = {
    ...{ method, url, headers, remoteAddress: from },
    ...(body !== undefined && { payload: body.bytes })
  } as InjectOptions
  const answer = await api.inject(options)
  return { status: answer.statusCode, headers: answer.headers, body: answer.body }
}

async function listen(port: number, { method, url, headers, body }: Asked): Promise<Answered> {
  const { pathname, search } = new URL(url, 'http://localhost')
  const sized = body === undefined ? headers : { ...headers, 'content-length': String(body.bytes.length) }
  const asking = request({
    host: '127.0.0.1',
    port,
    method,
    path: `${pathname}${search}`,
    headers: sized,
    agent: false
  })
  // What comes behind the answer is no concern of ours.
  asking.on('error', () => {})
  const answered = once(asking, 'response') as Promise<[IncomingMessage]>
  asking.end(body?.bytes)
  const [answer] = await answered
  let text = ''
  answer.setEncoding('utf8')
  for await (const part of answer) {
    text += String(part)
    if (text.startsWith('retry:') && text.includes('\n\n')) break
  }
  asking.destroy()
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: text }
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
