import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { packFolder } from './folder-pack.ts'
import { describeMachine, readRevision } from './machine.ts'
import {
  keyOf,
  meterOf,
  type OldShape,
  type Sent,
  SLOT_MS,
  sendAndKill,
  sentOf,
  STRANGER,
  writeOldSite
} from './old-folder.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { equationsHold, PROJECT, Server, type ServerOptions } from './server.ts'

/**
 * A data folder of an older release, opened by this one. The server of an older commit is killed under traffic (late readings,
 * corrections, quarantine); then this one is started on the folder, twice: once as it is, once with a registry that knows a
 * meter more, so that quarantine of before can be replayed.
 *
 *   node bench/old-data.ts [--commit ebb0324]
 */
const DEFAULTS = {
  /** The end of issue 3: registry format 1, checkpoints 2, no ledger, no marks of quarantine. */
  commit: 'ebb0324',
  terminals: 8,
  meters: 25,
  slots: 400,
  /** Packs the folder into this file after the kill, for a test: see test/releases/README.md. */
  pack: '',
  work: DEFAULT_WORK
} as const

const LIMIT_MS = 60_000
export const FLAGS = [
  ...['--log-segment-bytes', '65536', '--series-flush-ms', '100'],
  ...['--processor-checkpoint-seconds', '1', '--validation-past-days', '36500']
]
/** Its packages have to be among ours. */
type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

export async function runOldData(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'old-data')
  const old = join(work.path, 'release')
  const git = (...words: string[]) => execFileSync('git', ['-C', PROJECT, ...words], { stdio: 'pipe' })
  git('worktree', 'add', '--detach', old, options.commit)
  try {
    symlinkSync(join(PROJECT, 'node_modules'), join(old, 'node_modules'))
    const { pass, figures } = await openOld(options, work.path, [join(old, 'bin', 'gridvigil'), 'serve'])
    if (!pass) tell(`the folder is kept: ${work.path}`)
    git('worktree', 'remove', '--force', old)
    if (pass) work.remove()
    return { pass, figures: { commit: options.commit, ...figures } }
  } catch (error) {
    git('worktree', 'remove', '--force', old)
    throw error
  }
}

async function openOld(options: Options, folder: string, command: readonly string[]) {
  const shape: OldShape = {
    terminals: options.terminals,
    metersPerTerminal: options.meters,
    slots: options.slots
  }
  const { registry, credentials } = writeOldSite(shape, folder)
  const base: ServerOptions = {
    ...{ data: join(folder, 'data'), registry, credentials, mqttPort: 0, httpPort: 0 },
    logFile: join(folder, 'server.log'),
    clock: systemClock,
    // Small files, checkpoints and commits in the midst of it; the past stays in reach of a test.
    flags: FLAGS
  }
  const startTime = Math.floor(systemClock.now() / SLOT_MS) * SLOT_MS - 2 * options.slots * SLOT_MS
  const older = await Server.start({ ...base, command })
  const run = await sendAndKill(shape, older, startTime)
  if (options.pack !== '') {
    writeFileSync(options.pack, packFolder(base.data, run))
    return { pass: true, figures: { packed: options.pack, bytes: statSync(options.pack).size } }
  }
  const sent = sentOf(run)
  tell(`${sent.frames} frames acknowledged, ${sent.framesUnderWay} under way at the kill`)
  const hadLedger = existsSync(join(base.data, 'ledger.sqlite'))

  const first = await Server.start({ ...base, registry: '', logFile: join(folder, 'first.log') })
  const opened = await examine(first, shape, sent).finally(() => first.stop())
  const hasLink = readFileSync(join(folder, 'first.log'), 'utf8').includes('/welcome?key=')
  const more = writeOldSite(shape, folder, true)
  const second = await Server.start({ ...base, ...more, logFile: join(folder, 'second.log') })
  const again = await examine(second, shape, sent)
    .then(async found => ({ ...found, replay: await replay(second) }))
    .finally(() => second.stop())
  const hasLedger = existsSync(join(base.data, 'ledger.sqlite'))
  const isRight = [opened, again].every(
    ({ faults, equations, quarantineMissing }) => faults.length === 0 && equations && quarantineMissing === 0
  )
  const pass = isRight && !hadLedger && hasLedger && hasLink && again.replay.stored >= again.replay.entries
  const { faults, ...rest } = again
  const figures = {
    ...{ frames: sent.frames, framesUnderWay: sent.framesUnderWay, readings: sent.acknowledged.size },
    ...{ hasLedger, hasLink, opened, again: { ...rest, faults: faults.slice(0, 5) } }
  }
  return { pass: pass && again.replay.entries > 0, figures: { ...figures } }
}

export interface Examined {
  /** Readings that are missing, wrong, or nobody sent. */
  readonly faults: readonly string[]
  readonly equations: boolean
  readonly readings: number
  readonly corrected: number
  readonly quarantined: number
  readonly quarantineMissing: number
  readonly registry: { readonly version: number; readonly meters: number }
}

/** Asks a server for all that was acknowledged. */
export async function examine(server: Server, shape: OldShape, sent: Sent): Promise<Examined> {
  const audit = await server.waitForAudit(
    ({ frames, readings }) =>
      frames.pending === 0 && readings.held === 0 && frames.acknowledged >= sent.frames,
    LIMIT_MS
  )
  const faults: string[] = []
  let [found, corrected] = [0, 0]
  for (const meter of metersOf(shape)) {
    const rows = await server.readings(meter, sent.startTime, systemClock.now())
    const versions = new Map<string, (number | undefined)[]>()
    for (const { time, importKwh } of rows) {
      const key = keyOf({ meter, time })
      versions.set(key, [...(versions.get(key) ?? []), importKwh])
    }
    for (const [key, values] of versions) {
      const expected = sent.acknowledged.get(key)
      if (expected === undefined && !sent.underWay.has(key)) faults.push(`${key}: nobody sent it`)
      const distinct = [...new Set(expected)]
      const isRight = distinct.every((value, version) => values[version] === value)
      if (!isRight) faults.push(`${key}: ${values.join()} for ${distinct.join()}`)
      if (!sent.underWay.has(key) && values.length !== distinct.length)
        faults.push(`${key}: ${values.length} versions for ${distinct.length}`)
      if (values.length > 1) corrected++
    }
    for (const key of sent.acknowledged.keys())
      if (key.startsWith(`${meter}@`) && !versions.has(key)) faults.push(`${key}: missing`)
    found += versions.size
    await checkLatest(server, meter, versions, faults)
  }
  const quarantined = (await listQuarantine(server)).length
  const registry = await server.get<Examined['registry']>('/v1/registry')
  return {
    ...{ faults, equations: equationsHold(audit), readings: found, corrected, quarantined },
    quarantineMissing: Math.max(0, sent.quarantined - quarantined),
    registry: { version: registry.version, meters: registry.meters }
  }
}

const metersOf = ({ terminals, metersPerTerminal }: OldShape): string[] =>
  Array.from({ length: terminals }, (_, terminal) =>
    Array.from({ length: metersPerTerminal }, (_, meter) => meterOf(terminal, meter))
  ).flat()

async function checkLatest(
  server: Server,
  meter: string,
  versions: ReadonlyMap<string, readonly (number | undefined)[]>,
  faults: string[]
): Promise<void> {
  const { latest } = await server.get<{
    latest: { time: string; values: { importKwh: { v: number } } } | null
  }>(`/v1/meters/${meter}/latest`)
  const newest = Math.max(...[...versions.keys()].map(key => Number(key.split('@')[1])))
  const expected = versions.get(keyOf({ meter, time: newest }))?.at(-1)
  const isRight =
    latest !== null && Date.parse(latest.time) === newest && latest.values.importKwh.v === expected
  if (!isRight) faults.push(`${meter}: latest is ${JSON.stringify(latest)?.slice(0, 100)}`)
}

/** All entries, page by page. */
async function listQuarantine(server: Server): Promise<readonly { reason: string }[]> {
  const entries: { reason: string }[] = []
  let before = ''
  for (;;) {
    const page = await server.get<{ items: { reason: string }[]; next: number | null }>(
      `/v1/quarantine?limit=500${before}`
    )
    entries.push(...page.items)
    if (page.next === null) return entries
    before = `&before=${page.next}`
  }
}

/** Has the readings of the meter judged again that the registry knows by now. */
async function replay(server: Server): Promise<{ entries: number; stored: number }> {
  const answer = await fetch(`http://127.0.0.1:${server.httpPort}/v1/quarantine/replay`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'UNKNOWN_METER' })
  })
  const { entries } = (await answer.json()) as { entries: number }
  const isStored = async (): Promise<number> => (await server.readings(STRANGER, 0, systemClock.now())).length
  const end = systemClock.monotonic() + LIMIT_MS
  let stored = await isStored()
  while (stored < entries && systemClock.monotonic() < end) {
    await systemClock.delay(100)
    stored = await isStored()
  }
  return { entries, stored }
}

if (import.meta.main) {
  const { pass, figures } = await runOldData(process.argv.slice(2))
  const { commit: old, ...rest } = figures as { commit?: string }
  printResult({ pass, release: old, ...rest, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
