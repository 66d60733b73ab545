import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { systemClock } from '../src/clock.ts'
import { ROLES } from '../src/model/roles.ts'
import { cityFolders } from '../src/simulator/city/write-city.ts'
import { asksOf } from './access-asks.ts'
import { foreignIn, HEARD, type Leak, OWN, PERSON, PERSONS, personsIn } from './access-leaks.ts'
import { Asking } from './access-site.ts'
import { runGridvigil } from './front-command.ts'
import { ApiDocument } from './fuzz/document.ts'
import { describeMachine, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { playAgain } from './play-again.ts'
import { Server } from './server.ts'
import { hospitalsInTurn } from './supply-scenario.ts'

/**
 * What a key customer's token gets of others, and where persons show: a real server with a city of several hospitals while things happen to them. One
 * hospital's token asks every operation of the served OpenAPI document, and the pages, with every id in the city; so do the other roles and nobody. Then
 * persons of all hospitals are looked for in the log, the stream, the export, the backtest and the data folder.
 *
 *   node bench/supply-access.ts [--meters 600] [--key-customers 4]
 */
const DEFAULTS = {
  meters: 600,
  'key-customers': 4,
  interval: 10,
  seconds: 60,
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

export async function runSupplyAccess(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'supply-access')
  const { path } = work
  await runGridvigil([
    ...['city', '--out', path, '--seed', 'access', '--meters', options.meters],
    ...['--key-customers', options['key-customers'], '--interval', options.interval]
  ])
  writePersons(cityFolders(path).registry)
  const server = await Server.start({
    ...{ data: join(path, 'data'), registry: cityFolders(path).registry },
    ...{ credentials: cityFolders(path).credentials, mqttPort: 0, httpPort: 0 },
    flags: ['--http-max-requests-per-second', '1000000', '--log-level', 'debug'],
    ...{ logFile: join(path, 'server.log'), clock: systemClock }
  })
  const site = new Asking(server)
  let figures: object
  const leaks: Leak[] = []
  try {
    await site.begin()
    const streams = await Promise.all([site.listen('key-customer'), site.listen('admin')])
    await Promise.all([play(options, path, server), site.write()])
    const ids = await site.ids()
    const document = new ApiDocument(await server.get('/v1/openapi.json'))
    const asks = [...asksOf(document.operations, ids)]
    tell(`${asks.length} requests of ${ROLES.length + 1} callers`)
    const statuses: Record<string, Record<string, number>> = {}
    for (const who of [...ROLES, 'nobody'] as const) {
      // Changes are tried by those who may not make them.
      const own = asks.filter(({ method }) => method === 'GET' || who === 'key-customer' || who === 'nobody')
      statuses[who] = await site.askAll(who, own, leaks)
    }
    const [ofCustomer = '', ofAdmin = ''] = streams.map(stream => stream.stop())
    leaks.push(
      ...foreignIn('key-customer', 'stream', ofCustomer, []),
      ...personsIn('key-customer', 'stream', ofCustomer)
    )
    leaks.push(...personsIn('admin', 'stream', ofAdmin))
    figures = {
      ...{ requests: asks.length, operations: document.operations.length, statuses },
      ids: Object.fromEntries(Object.entries(ids).map(([name, all]) => [name, all.length])),
      streamedSupply: { own: supplyLines(ofCustomer), all: supplyLines(ofAdmin) }
    }
  } finally {
    await server.stop()
  }
  await playAgain(join(path, 'data'), path)
  const files = [...readAll(path)].filter(([name]) => !isWhereTheyMayBe(name))
  for (const [name, text] of files) {
    // What came in is kept as it came, with whose word it is.
    const shown = name.startsWith('data/') ? text.replaceAll(HEARD, '') : text
    leaks.push(...personsIn('file', name, shown))
  }
  const { own, all } = (figures as { streamedSupply: { own: number; all: number } }).streamedSupply
  const pass = leaks.length === 0 && own > 0 && all > own
  if (pass) work.remove()
  else tell(`the folder is kept: ${path}`)
  const told = [...new Set(leaks.map(({ who, where, what }) => `${who} ${where}: ${what}`))]
  return {
    pass,
    figures: { ...figures, files: files.length, leaks: told.length, firstLeaks: told.slice(0, 20) }
  }
}

/** Each hospital gets persons, and one row that no registry takes has some too. */
function writePersons(registry: string): void {
  const file = join(registry, 'key_customers.csv')
  const [head = '', ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n')
  const withPersons = rows.map(row => {
    const id = row.split(',')[0] ?? ''
    return [row, ...PERSONS.map(part => `${PERSON}${part}!${id}`)].join(',')
  })
  const spoiled = withPersons[0]?.replaceAll(OWN, 'KCBAD').replace(',first,', ',no-such-grade,') ?? ''
  writeFileSync(file, `${[[head, ...PERSONS].join(','), ...withPersons, spoiled].join('\n')}\n`)
}

/** Hospitals lose feeds and try their plants. */
async function play(
  { seconds, interval, ...options }: Options,
  folder: string,
  server: Server
): Promise<void> {
  const scenario = join(folder, 'turns.yaml')
  writeFileSync(scenario, hospitalsInTurn(seconds, options['key-customers']))
  const { truth, credentials } = cityFolders(folder)
  await runGridvigil([
    ...['simulate', '--registry', truth, '--scenario', scenario, '--interval', interval],
    ...['--url', `mqtt://127.0.0.1:${server.mqttPort}`, '--credentials', credentials]
  ])
  await server.waitForAudit(({ frames }) => frames.pending === 0, 60_000)
}

const supplyLines = (stream: string): number => stream.split('event: supply').length - 1

/** Files of a folder and below, unpacked, as text. */
function* readAll(folder: string): Generator<[name: string, text: string]> {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const name = join(entry.parentPath, entry.name)
    const bytes = readFileSync(name)
    yield [
      name.slice(folder.length + 1),
      (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
    ]
  }
}

/** The utility's own file, and the ledger. */
const isWhereTheyMayBe = (name: string): boolean =>
  name === join('registry', 'key_customers.csv') || name.startsWith(join('data', 'ledger.sqlite'))

if (import.meta.main) {
  const { pass, figures } = await runSupplyAccess(process.argv.slice(2))
  printResult({ ...figures, pass, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
