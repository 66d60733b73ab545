import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { assemble } from '../../commands/site/assembly.ts'
import type { Office } from '../../commands/site/office.ts'
import type { Site } from '../../commands/site/site.ts'
import type { ApiContext } from '../../src/api/context.ts'
import { createApi } from '../../src/api/server.ts'
import { systemClock } from '../../src/clock.ts'
import { buildConfig } from '../../src/config.ts'
import { createLogger } from '../../src/logger.ts'
import { ROLES, type Role } from '../../src/model/roles.ts'
import { Publisher } from '../../src/simulator/publisher.ts'
import { PROJECT } from '../bars/bar.ts'
import { REGISTRY_FILES } from './registry-files.ts'

/** The whole server in this process, as `serve` wires it: threads, logs, store, ledger, stream; only the door is ours. */
export interface FuzzSite {
  readonly api: FastifyInstance
  /** Where it listens, too. */
  readonly port: number
  readonly context: ApiContext
  /** Bearer secrets by role, and of commands on the machine. */
  readonly secrets: Readonly<Record<Role | 'local', string>>
  /** Cookie of a person who may do all. */
  readonly cookie: string
  /** Sessions, tokens, people that requests may end. */
  readonly spare: { readonly cookies: string[]; readonly tokens: string[]; readonly logins: string[] }
  /** A message of a terminal, acknowledged. */
  publish(payload: string): Promise<void>
  close(): Promise<void>
}

const SPARE = 40
export const PASSWORD = 'correct horse battery'
const BY = { name: 'system', at: 0, request: '' }
const QUARTER_MS = 900_000
const DAYS = 3
const SETTLE_TRIES = 400

export async function openFuzzSite(): Promise<FuzzSite> {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-fuzz-'))
  const registryFolder = join(folder, 'registry')
  mkdirSync(registryFolder)
  mkdirSync(join(folder, 'data'))
  for (const [name, text] of Object.entries(REGISTRY_FILES)) writeFileSync(join(registryFolder, name), text)
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(credentials, 'T1,secret-T1\nTP,secret-TP\n')
  const config = buildConfig({
    data: join(folder, 'data'),
    registry: registryFolder,
    credentials,
    'mqtt.port': 0,
    'http.port': 0,
    'log.level': 'silent',
    'log.segmentBytes': 1 << 20,
    'series.flushMs': 50,
    'series.memoryMb': 256,
    'http.maxRequestsPerSecond': 1_000_000,
    'http.maxUploadMb': 1
  })
  const logger = createLogger('silent', 'fuzz')
  const whole = await assemble(config, systemClock, logger, false)
  const { site, office, context } = whole
  const api = createApi(context, { version: '0.1.0', documents: PROJECT })
  await whole.start()
  const first = await startPublisher(site, 'T1')
  for (const payload of traffic()) await first.publish('gv1/T1/readings', payload)
  await first.drain()
  await first.stop()
  // Requests may end the secret of T1, and of others that they know of.
  const publisher = await startPublisher(site, 'TP')
  const publish = async (payload: string): Promise<void> => {
    await publisher.publish('gv1/TP/readings', payload)
    await publisher.drain()
  }
  await api.listen({ host: '127.0.0.1', port: 0 })
  const address = api.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await settle(context)
  const close = async (): Promise<void> => {
    await publisher.stop()
    whole.interrupt()
    await api.close()
    await whole.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { api, port, context, ...(await makePeople(office)), publish, close }
}

async function startPublisher(site: Site, terminal: string): Promise<Publisher> {
  const url = `mqtt://127.0.0.1:${site.mqttPort}`
  const publisher = new Publisher({ url, terminal, secret: `secret-${terminal}`, window: 8 }, systemClock)
  await publisher.start()
  return publisher
}

/** Waits until all that was sent is stored. @throws Error when it is not */
async function settle(context: ApiContext): Promise<void> {
  for (let tries = 0; tries < SETTLE_TRIES; tries++) {
    const { frames, readings } = context.audit()
    if (context.ready() && frames.pending === 0 && readings.held === 0) return
    await systemClock.delay(50)
  }
  throw new Error(`the site does not settle: ${JSON.stringify(context.audit())}`)
}

/** Three days of quarters with corrections, late readings and what goes into quarantine. */
function* traffic(): Generator<string> {
  const last = Math.floor(systemClock.now() / QUARTER_MS) * QUARTER_MS
  const meters = ['M1', 'M2', 'CT80/电', 'K1M', 'U']
  for (let slot = DAYS * 96; slot >= 0; slot--) {
    if (slot % 50 === 13) continue
    const time = last - slot * QUARTER_MS
    const importKwh = Math.round((100 + (DAYS * 96 - slot) / 4) * 100) / 100
    yield JSON.stringify({
      kind: 'curve',
      readings: meters.map(meter => ({ meter, time, importKwh, voltageV: [229.8, 230.1, 229.9] }))
    })
    if (slot % 40 === 7)
      yield JSON.stringify({ readings: [{ meter: 'M1', time, importKwh: importKwh + 0.01 }] })
  }
  yield 'no JSON'
  yield JSON.stringify({ readings: [{ meter: 'T2M', time: last, importKwh: 1 }, 7, { importKwh: 1 }] })
  yield JSON.stringify({ readings: [{ meter: 'stranger', time: last, importKwh: 1 }] })
  yield JSON.stringify({ readings: [{ meter: 'M1', time: 1, importKwh: 1 }] })
  yield JSON.stringify({ meters: ['M1', 'M2'], importKwh: [1] })
}

async function makePeople({ access }: Office): Promise<Pick<FuzzSite, 'secrets' | 'cookie' | 'spare'>> {
  const secrets: Record<string, string> = { local: access.localSecret }
  for (const role of ROLES) {
    const subject = role === 'key-customer' ? 'K1' : ''
    secrets[role] = (await access.issueToken({ role, subject, label: '', expiresAt: null }, BY)).secret
  }
  const tokens: string[] = []
  for (let i = 0; i < SPARE; i++) {
    const wish = { role: 'viewer' as const, subject: '', label: `spare ${i}`, expiresAt: null }
    tokens.push((await access.issueToken(wish, BY)).token.id)
  }
  const add = (login: string): Promise<unknown> =>
    access.addUser({ login, name: '', role: 'admin', subject: '', password: PASSWORD }, BY)
  await add('root')
  const logins = ['u1', 'u2', '王芳']
  for (const login of logins) await add(login)
  const at = { ...BY, at: systemClock.now() }
  const { secret: cookie } = await access.logIn('root', PASSWORD, at)
  const cookies: string[] = []
  for (let i = 0; i < 3; i++) cookies.push((await access.logIn('u1', PASSWORD, at)).secret)
  return { secrets: secrets as FuzzSite['secrets'], cookie, spare: { cookies, tokens, logins } }
}
