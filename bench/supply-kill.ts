import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { systemClock } from '../src/clock.ts'
import { KyselyLedger } from '../src/ledger/kysely-ledger.ts'
import { sqliteDialect } from '../src/ledger/sqlite.ts'
import type { SupplyLine } from '../src/model/supply.ts'
import { seededRandom } from '../src/random.ts'
import { cityFolders } from '../src/simulator/city/write-city.ts'
import { runGridvigil } from './front-command.ts'
import { describeMachine, median, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { playAgain } from './play-again.ts'
import { equationsHold, Server, type ServerOptions } from './server.ts'
import { hospitalsInTurn } from './supply-scenario.ts'

/**
 * What is said of the supply of key customers while the server is killed with SIGKILL at seeded random moments: hospitals lose feeds and try their
 * generators, `simulate` goes on sending, and each time the server is started again on the same data folder. In the end everything it wrote has to be
 * what a backtest of the same input says, byte for byte, and its ledger what a ledger has that took those lines at once.
 *
 *   node bench/supply-kill.ts [--kills 25] [--seed 5]
 */
const DEFAULTS = {
  kills: 25,
  seed: 5,
  meters: 1200,
  'key-customers': 8,
  interval: 10,
  'min-ms': 300,
  'max-ms': 6000,
  work: DEFAULT_WORK
} as const

/** Time for one life of the server, with its start; before the first kill, and after the last. */
const [LIFE_S, CALM_S] = [14, 20]
/** Lines of the last seconds may not be in the ledger when the server stops. */
const LATE_MS = 3000
const ALL = 1_000_000

export async function runSupplyKill(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'supply-kill')
  const { path } = work
  await runGridvigil([
    ...['city', '--out', path, '--seed', 'kills', '--meters', options.meters],
    ...['--key-customers', options['key-customers'], '--interval', options.interval]
  ])
  const seconds = options.kills * LIFE_S + 2 * CALM_S
  const scenario = join(path, 'kills.yaml')
  writeFileSync(scenario, hospitalsInTurn(seconds, options['key-customers']))
  const first = await Server.start(serverOptions(path, { mqttPort: 0, httpPort: 0 }))
  const ports = { mqttPort: first.mqttPort, httpPort: first.httpPort }
  let server = first
  try {
    const playing = runGridvigil(
      [
        ...['simulate', '--registry', cityFolders(path).truth, '--scenario', scenario, '--seed', '1'],
        ...['--interval', options.interval, '--url', `mqtt://127.0.0.1:${ports.mqttPort}`],
        ...['--credentials', cityFolders(path).credentials]
      ],
      seconds / 60 + 3
    )
    let isPlaying = true
    // A failure of it is told when it is waited for.
    playing
      .catch(() => {})
      .finally(() => {
        isPlaying = false
      })
    await systemClock.delay(CALM_S * 1000)
    const random = seededRandom(options.seed)
    const restartsMs: number[] = []
    while (restartsMs.length < options.kills && isPlaying) {
      await systemClock.delay(options['min-ms'] + random.next() * (options['max-ms'] - options['min-ms']))
      await server.kill()
      server = await Server.start(serverOptions(path, ports))
      restartsMs.push(Math.round(server.startMs))
      tell(`kill ${restartsMs.length}/${options.kills}, up again in ${restartsMs.at(-1)} ms`)
    }
    const { messages = 0, acknowledged = 0 } = await playing
    const audit = await server.waitForAudit(({ frames }) => frames.pending === 0, 60_000)
    await server.stop()
    const { identical, out } = await playAgain(join(path, 'data'), path)
    const lines = linesOf(join(out, 'supply.ndjson'))
    const ledgers = await compareLedgers(path, lines)
    const states = new Set(lines.map(({ state }) => state))
    const pass =
      restartsMs.length >= options.kills &&
      acknowledged >= messages * 0.999 &&
      audit.frames.acknowledged >= acknowledged &&
      equationsHold(audit) &&
      Object.values(identical).every(Boolean) &&
      states.size >= 4 &&
      ledgers.isSame
    if (pass) work.remove()
    else tell(`the folder is kept: ${path}`)
    return {
      pass,
      figures: {
        ...{
          kills: restartsMs.length,
          seconds,
          restartMs: { p50: median(restartsMs), max: Math.max(...restartsMs) }
        },
        ...{ messages, acknowledged, equations: equationsHold(audit), frames: audit.frames },
        ...{ keyCustomers: options['key-customers'], lines: lines.length, states: [...states].sort() },
        ...{ restated: lines.filter(({ end }) => end !== undefined).length, identical, ledgers }
      }
    }
  } catch (error) {
    tell(`the folder is kept: ${path}`)
    await server.kill()
    throw error
  }
}

const serverOptions = (
  folder: string,
  ports: Pick<ServerOptions, 'mqttPort' | 'httpPort'>
): ServerOptions => ({
  ...ports,
  ...{ data: join(folder, 'data'), registry: cityFolders(folder).registry },
  ...{ credentials: cityFolders(folder).credentials, logFile: join(folder, 'server.log'), clock: systemClock }
})

const linesOf = (path: string): SupplyLine[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(text => text !== '')
    .map(text => JSON.parse(text) as SupplyLine)

interface Ledgers {
  readonly isSame: boolean
  /** Lines that the killed one has, and the share of them that are stretches of what is settled. */
  readonly kept: number
  readonly settled: number
  /** Lines of the last moment that it had not taken. */
  readonly late: number
}

/** The ledger of the killed server against one that takes the lines of the backtest at once. */
async function compareLedgers(folder: string, lines: readonly SupplyLine[]): Promise<Ledgers> {
  const killed = await open(join(folder, 'data', 'ledger.sqlite'))
  const whole = await open(join(folder, 'undisturbed.sqlite'))
  const customers = [...new Set(lines.map(({ keyCustomer }) => keyCustomer))]
  const kept = await saidIn(killed, customers)
  const taken = lines.slice(0, kept.length)
  await whole.outages.takeLines(
    { seq: 1, parts: [{ seq: 1, tables: {}, supply: taken }] },
    { path: device => [device], account: () => '' }
  )
  const lastAt = lines.at(-1)?.at ?? 0
  const isAllKept = lines.slice(kept.length).every(({ at }) => at >= lastAt - LATE_MS)
  const isSame =
    isAllKept &&
    isDeepStrictEqual(kept, await saidIn(whole, customers)) &&
    isDeepStrictEqual(await settledIn(killed, customers), await settledIn(whole, customers))
  const settled = (await settledIn(killed, customers)).length
  await Promise.all([killed.close(), whole.close()])
  return { isSame, kept: kept.length, settled, late: lines.length - kept.length }
}

async function open(path: string): Promise<KyselyLedger> {
  const ledger = new KyselyLedger(sqliteDialect(path))
  await ledger.open()
  return ledger
}

/** All lines that were ever said, by customer. */
async function saidIn({ supply }: KyselyLedger, customers: readonly string[]): Promise<SupplyLine[]> {
  const said: SupplyLine[] = []
  for (const customer of customers)
    for (const { line } of await supply.supplyLines({ customer, limit: ALL })) said.push(line)
  return said
}

/** What is settled of each, stretch by stretch. */
async function settledIn({ supply }: KyselyLedger, customers: readonly string[]): Promise<object[]> {
  const settled: object[] = []
  for (const customer of customers)
    for (const { from, to, line } of await supply.supplyStretches({
      customer,
      from: 0,
      to: Number.MAX_SAFE_INTEGER,
      limit: ALL
    }))
      settled.push({ from, to, line })
  return settled
}

if (import.meta.main) {
  const { pass, figures } = await runSupplyKill(process.argv.slice(2))
  printResult({ ...figures, pass, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
