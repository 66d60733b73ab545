import { systemClock } from '../src/clock.ts'
import { ROLES, type Role } from '../src/model/roles.ts'
import type { Ask, Ids } from './access-asks.ts'
import { foreignIn, HEARD, type Leak, OWN, personsIn, withoutOwnPersons } from './access-leaks.ts'
import type { Server } from './server.ts'

/** Who has no need of them. Key customers have of their own. */
const WITHOUT_NEED: readonly (Role | 'nobody')[] = ['viewer', 'nobody']
const AT_ONCE = 16

export interface Listening {
  /** @returns all that came */
  stop(): string
}

/** Whoever may ask a server. */
export class Asking {
  readonly #server: Server
  readonly #secrets = new Map<string, string>()

  constructor(server: Server) {
    this.#server = server
  }

  /** A token for each role. */
  async begin(): Promise<void> {
    for (const role of ROLES) {
      const subject = role === 'key-customer' ? { subject: OWN } : {}
      const { secret } = (await this.#post('/v1/tokens', { role, ...subject })) as { secret: string }
      this.#secrets.set(role, secret)
    }
  }

  async listen(who: Role): Promise<Listening> {
    const abort = new AbortController()
    const answer = await fetch(this.#url('/v1/stream'), { headers: this.#headers(who), signal: abort.signal })
    if (answer.status !== 200) throw new Error(`the stream answered ${answer.status} to ${who}`)
    const decoder = new TextDecoder()
    let text = ''
    void (async () => {
      for await (const part of answer.body ?? []) text += decoder.decode(part, { stream: true })
    })().catch(() => {})
    return {
      stop() {
        abort.abort()
        return text
      }
    }
  }

  /** What dispatchers and customer managers write down about each hospital. */
  async write(): Promise<void> {
    const { items } = await this.#server.get<{ items: { id: string }[] }>('/v1/key-customers')
    for (const { id } of items) {
      const at = `/v1/key-customers/${id}`
      await this.#post(`${at}/observations`, {
        source: `${id}-GEN`,
        fact: 'ready',
        heardFrom: `${HEARD}${id}`
      })
      await this.#post(`${at}/patrols`, { findings: `patrol of ${id}` }, true)
      await this.#post(`${at}/backup-tests`, {
        source: `${id}-GEN`,
        minutes: 30,
        loadPct: 60,
        startS: 9,
        passed: true
      })
      await this.#post(
        `${at}/hazards`,
        { id: `hazard-${id}`, what: `trench of ${id}`, level: 'serious' },
        true
      )
    }
    const now = systemClock.now()
    const [from, to] = [now + 3_600_000, now + 7_200_000].map(time => new Date(time).toISOString())
    const { items: feeders } = await this.#server.get<{ items: { id: string }[] }>('/v1/devices?kind=feeder')
    for (const { id } of feeders)
      await this.#post('/v1/planned-outages', { id: `PLAN-${id}`, devices: [id], from, to })
  }

  /** Everything that has an id. */
  async ids(): Promise<Ids> {
    const all = async (path: string, most = 500): Promise<string[]> => {
      const page = await this.#server.get<{ items: { id: string }[] }>(
        most === 0 ? path : `${path}?limit=${most}`
      )
      return page.items.map(({ id }) => id)
    }
    const customers = await all('/v1/key-customers')
    const [meters, terminals, devices] = [
      await all('/v1/meters'),
      await all('/v1/terminals'),
      await all('/v1/devices')
    ]
    // The first page of meters are those of homes.
    const ofHospitals = await this.#hospitals(customers)
    const allMeters = [...new Set([...meters, ...ofHospitals.meters])]
    const points = [...ofHospitals.points, ...meters.slice(0, 50).map(id => `U${id.slice(-7)}`)]
    const planned = (await this.#server.get<{ items: { id: string }[] }>('/v1/planned-outages')).items
    return {
      ...{ '/v1/key-customers': customers, '/v1/meters': allMeters, '/v1/usage-points': points },
      ...{ '/v1/terminals': terminals, '/v1/devices': devices },
      ...{ '/v1/incidents': await all('/v1/incidents', 100), '/v1/alarms': await all('/v1/alarms', 100) },
      ...{
        '/v1/findings': await all('/v1/findings', 100),
        '/v1/communication': await all('/v1/communication', 100)
      },
      ...{ '/v1/planned-outages': planned.map(({ id }) => id), '/v1/tokens': await all('/v1/tokens', 0) },
      ...{ '/v1/users': ['nobody'], '/v1/pings': ['1'] },
      ...{ meters: ofHospitals.meters, terminal: terminals.slice(-8), device: devices.slice(0, 20) },
      ...{ usagePoint: points, keyCustomer: customers, subject: customers, q: ['KC', '3304', 'A', '医院'] },
      ...{ view: ['said', 'settled'] }
    }
  }

  async #hospitals(customers: readonly string[]): Promise<{ meters: string[]; points: string[] }> {
    const [meters, points]: [string[], string[]] = [[], []]
    for (const id of customers) {
      const { sources } = await this.#server.get<{ sources: Source[] }>(`/v1/key-customers/${id}`)
      for (const { meter, usagePoint } of sources) {
        if (meter !== null) meters.push(meter)
        if (usagePoint !== null) points.push(usagePoint)
      }
    }
    return { meters, points }
  }

  /** Asks all of it and notes what shows that should not. @returns answers by status */
  async askAll(who: Role | 'nobody', asks: readonly Ask[], leaks: Leak[]): Promise<Record<string, number>> {
    const statuses: Record<string, number> = {}
    let next = 0
    const askOn = async (): Promise<void> => {
      for (let ask = asks[next++]; ask !== undefined; ask = asks[next++]) {
        const { status, text } = await this.#ask(who, ask)
        statuses[status] = (statuses[status] ?? 0) + 1
        const where = `${ask.operation} ${ask.method} ${ask.url}`
        if (status >= 500) leaks.push({ who, where, what: `status ${status}` })
        if (who === 'key-customer') leaks.push(...foreignIn(who, where, text, ask.names))
        if (who === 'key-customer') leaks.push(...personsIn(who, where, withoutOwnPersons(text)))
        if (WITHOUT_NEED.includes(who)) leaks.push(...personsIn(who, where, text))
        if (ask.method !== 'GET' && status < 300 && !isHarmless(ask))
          leaks.push({ who, where, what: `it was done: ${status}` })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, askOn))
    return statuses
  }

  async #ask(who: string, { method, url, body }: Ask): Promise<{ status: number; text: string }> {
    const answer = await fetch(this.#url(url), {
      method,
      headers: { ...this.#headers(who), ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
      redirect: 'manual'
    })
    return { status: answer.status, text: await answer.text() }
  }

  /** @param mayBeRefused where the body is one of several that are taken */
  async #post(path: string, body: object, mayBeRefused = false): Promise<unknown> {
    const answer = await fetch(this.#url(path), {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#server.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
    if (!answer.ok && !mayBeRefused)
      throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return await answer.json()
  }

  #url(path: string): string {
    return `http://127.0.0.1:${this.#server.httpPort}${path}`
  }

  #headers(who: string): Record<string, string> {
    const secret = this.#secrets.get(who)
    return secret === undefined ? {} : { authorization: `Bearer ${secret}` }
  }
}

interface Source {
  readonly meter: string | null
  readonly usagePoint: string | null
}

/** Whoever has no session may end none and log nobody in. */
const isHarmless = ({ url }: Ask): boolean => url.startsWith('/v1/session')
