import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { type Fleet, writeFleet } from './fleet.ts'
import type { Generator } from './generator.ts'
import { type MinuteLoad, minuteFleet, startMinuteLoad } from './minute-load.ts'
import { describeMachine, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { type ReadBack, readAckFile, readBack } from './readback.ts'
import { equationsHold, PROJECT, Server } from './server.ts'

/**
 * Backup under load: while a generator publishes, backups are taken through the running server, each beside an import of
 * the registry and a token. Each is restored into a folder of its own (which proves the equations), served, and read back:
 * what was acknowledged before the backup was asked for must be there, once and with its value, nothing that was never sent,
 * and the token that was made before.
 *
 *   node bench/backup.ts [--backups 3] [--frames-per-second 2000] ...
 */
const DEFAULTS = {
  backups: 3,
  seed: 4,
  meters: 2000,
  terminals: 50,
  batch: 10,
  window: 8,
  'frames-per-second': 1000,
  'between-s': 8,
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

/** Time for one backup with its pause. */
const CYCLE_S = 30

interface Taken {
  readonly folder: string
  /** Frames that were acknowledged before it was asked for: so many of the first in the generator's file. */
  readonly frames: number
  /** A token made before it was asked for. */
  readonly token: string
  readonly seconds: number
}

interface Proved extends Omit<ReadBack, 'foreign'> {
  readonly seconds: number
  readonly restoreSeconds: number
  readonly acknowledgedBefore: number
  readonly neverSent: number
  readonly equations: boolean
  readonly tokenWorks: boolean
}

/** @returns pass when every backup restored to all that was acknowledged before it */
export async function runBackup(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'backup')
  const fleet = minuteFleet(loadOf(options))
  const files = writeFleet(fleet, work.path)
  const serve = (data: string) =>
    Server.start({
      ...{ data, ...files, mqttPort: 0, httpPort: 0, logFile: join(work.path, 'server.log') },
      clock: systemClock
    })
  const data = join(work.path, 'data')
  const ackFile = join(work.path, 'acknowledged.u32')
  const server = await serve(data)
  let generator: Generator | undefined
  const taken: Taken[] = []
  let ackMs: object
  try {
    generator = await startMinuteLoad(loadOf(options), fleet, server.mqttPort, ackFile)
    generator.go()
    for (let at = 1; at <= options.backups; at++)
      taken.push(await takeOne(options, work.path, data, generator, at))
    await systemClock.delay(2000)
    generator.stop()
    ackMs = (await generator.done).ackMs
  } finally {
    generator?.kill()
    await server.stop()
  }
  const proved: Proved[] = []
  for (const backup of taken) proved.push(await prove(backup, fleet, work.path, ackFile, serve))
  const pass = proved.length === options.backups && proved.every(isClean)
  if (pass) work.remove()
  else tell(`the folder is kept: ${work.path}`)
  const { backups: _backups, work: _work, ...workload } = options
  return { pass, figures: { backups: proved, ackMs, workload } }
}

const isClean = ({
  lost,
  duplicated,
  wrong,
  neverSent,
  equations,
  tokenWorks,
  acknowledgedBefore
}: Proved): boolean =>
  acknowledgedBefore > 0 && lost + duplicated + wrong + neverSent === 0 && equations && tokenWorks

async function takeOne(
  options: Options,
  work: string,
  data: string,
  generator: Generator,
  at: number
): Promise<Taken> {
  await systemClock.delay(options['between-s'] * 1000)
  const token = (await gridvigil('tokens', 'add', '--role', 'viewer', '--data', data)).trim()
  const frames = generator.acknowledged
  const folder = join(work, `backup-${at}`)
  const started = systemClock.monotonic()
  await gridvigil('backup', '--out', folder, '--data', data)
  const seconds = secondsSince(started)
  tell(`backup ${at}/${options.backups} taken in ${seconds} s`)
  return { folder, frames, token, seconds }
}

async function prove(
  { folder, frames, token, seconds }: Taken,
  fleet: Fleet,
  work: string,
  ackFile: string,
  serve: (data: string) => Promise<Server>
): Promise<Proved> {
  const data = join(work, 'restored')
  const started = systemClock.monotonic()
  await gridvigil('restore', folder, '--data', data)
  const restoreSeconds = secondsSince(started)
  const before = readAckFile(ackFile, fleet, frames)
  const ever = readAckFile(ackFile, fleet)
  const server = await serve(data)
  try {
    const audit = await server.audit()
    const { lost, duplicated, wrong, present } = await readBack(fleet, server, before.has)
    const { foreign: neverSent } = await readBack(fleet, server, ever.has)
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`http://127.0.0.1:${server.httpPort}/v1/session`, { headers })
    const facts = { acknowledgedBefore: before.frames * fleet.batch, equations: equationsHold(audit) }
    tell(`restored in ${restoreSeconds} s: ${present} readings, ${lost} of ${facts.acknowledgedBefore} lost`)
    return {
      seconds,
      restoreSeconds,
      lost,
      duplicated,
      wrong,
      present,
      neverSent,
      ...facts,
      tokenWorks: answer.ok
    }
  } finally {
    await server.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

const secondsSince = (started: number): number => Math.round((systemClock.monotonic() - started) / 100) / 10

/** Runs a command of the project. @returns its standard output @throws Error when it fails */
function gridvigil(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(PROJECT, 'bin', 'gridvigil'), args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let told = ''
    child.stdout.on('data', part => {
      told += String(part)
    })
    child.on('error', reject)
    child.on('exit', code =>
      code === 0 ? resolve(told) : reject(new Error(`gridvigil ${args[0]} ended with code ${code}`))
    )
  })
}

const loadOf = (options: Options): MinuteLoad => ({
  ...options,
  framesPerSecond: options['frames-per-second'],
  seconds: (options.backups + 1) * CYCLE_S
})

if (import.meta.main) {
  const { pass, figures } = await runBackup(process.argv.slice(2))
  printResult({ pass, ...figures, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
