import { Agent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { HttpError, InfluxDB } from '@influxdata/influxdb-client'
import { asError } from '../../errors.ts'
import type { Policy } from './schema.ts'

/** How to reach a database of InfluxDB. */
export interface InfluxAddress {
  /** Such as http://127.0.0.1:8086. */
  readonly url: string
  readonly database: string
  /** Of 2.x and 3; of 1.x user and password. '' for none. */
  readonly token: string
  readonly username: string
  readonly password: string
  /** Of 2.x, whose buckets belong to one; else ''. */
  readonly organization: string
  /** Longest silence of the server within a request, ms. */
  readonly timeoutMs: number
}

/** One series of an answer: rows of the columns, times as RFC 3339. */
export interface InfluxSeries {
  readonly tags?: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values: readonly (readonly unknown[])[]
}

interface QueryAnswer {
  readonly error?: string
  readonly results?: readonly {
    readonly error?: string
    readonly series?: readonly (InfluxSeries & { readonly partial?: boolean })[]
  }[]
}

/** What InfluxDB answered when it did not do what it was asked, or why nobody answered (status 0). */
export class InfluxFailure extends Error {
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** Requests of several connections, kept open. */
const MOST_SOCKETS = 8

/**
 * Requests to one database: `/write` and `/query` of 1.x, which 2.x and 3 have too. Sends each once: who calls decides what is sent
 * again. All it throws is InfluxFailure.
 */
export class InfluxLink {
  readonly address: InfluxAddress
  readonly #client: InfluxDB
  readonly #agent: Agent

  constructor(address: InfluxAddress) {
    this.address = address
    const { url, token, username, password, timeoutMs } = address
    const options = { keepAlive: true, maxSockets: MOST_SOCKETS }
    this.#agent = url.startsWith('https:') ? new SecureAgent(options) : new Agent(options)
    const basic = Buffer.from(`${username}:${password}`).toString('base64')
    this.#client = new InfluxDB({
      ...{ url, timeout: timeoutMs, transportOptions: { agent: this.#agent } },
      ...(token !== '' && { token }),
      ...(token === '' && username !== '' && { headers: { authorization: `Basic ${basic}` } })
    })
  }

  /** @param lines of line protocol with line breaks between them, times in nanoseconds */
  async write(policy: Policy, lines: string): Promise<void> {
    const to = new URLSearchParams({ db: this.address.database, rp: policy, precision: 'ns' })
    const headers = { 'content-type': 'text/plain; charset=utf-8' }
    await this.#request(`/write?${to}`, lines, { method: 'POST', headers })
  }

  /** The series of each statement of a text, in order. @param policy '' where it is about none */
  async query(policy: Policy | '', text: string): Promise<readonly (readonly InfluxSeries[])[]> {
    const form = new URLSearchParams({ q: text, db: this.address.database })
    if (policy !== '') form.set('rp', policy)
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    const answer = (await this.#request('/query', form.toString(), {
      method: 'POST',
      headers
    })) as QueryAnswer
    return (answer.results ?? []).map(result => {
      // Errors of statements come with the status 200.
      const failure = answer.error ?? result.error
      if (failure !== undefined) throw new InfluxFailure(400, failure)
      const series = result.series ?? []
      if (series.some(({ partial }) => partial === true))
        throw new InfluxFailure(413, 'the answer was cut off: max-row-limit of InfluxDB must be 0')
      return series
    })
  }

  /** A JSON request of the management API. */
  manage(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    return this.#request(path, body === undefined ? '' : JSON.stringify(body), { method, headers })
  }

  /** The version the server says it has, such as 1.6.7 or v2.7.1. */
  async version(): Promise<string> {
    let header: string | undefined
    const answer = await this.#request('/ping', '', { method: 'GET' }, headers => {
      const said = headers['x-influxdb-version']
      header = Array.isArray(said) ? said[0] : said
    })
    const body = (typeof answer === 'object' ? answer : null) as { version?: string } | null
    return header ?? body?.version ?? ''
  }

  close(): void {
    this.#agent.destroy()
  }

  async #request(
    path: string,
    body: string,
    options: { readonly method: string; readonly headers?: Record<string, string> },
    onStart?: (headers: Readonly<Record<string, string | string[] | undefined>>) => void
  ): Promise<unknown> {
    try {
      return await this.#client.transport.request(path, body, options, onStart)
    } catch (thrown) {
      if (!(thrown instanceof HttpError)) {
        const { message } = asError(thrown)
        throw new InfluxFailure(0, `${this.address.url}: ${message}`, { cause: thrown })
      }
      // 1.x says `error`, 2.x `message`.
      const said = thrown.json as { error?: string; message?: string } | undefined
      throw new InfluxFailure(thrown.statusCode, said?.error ?? said?.message ?? thrown.message, {
        cause: thrown
      })
    }
  }
}
