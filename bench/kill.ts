import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { seededRandom } from '../src/random.ts'
import { type Fleet, writeFleet } from './fleet.ts'
import type { Generator, GeneratorResult } from './generator.ts'
import { type MinuteLoad, minuteFleet, startMinuteLoad } from './minute-load.ts'
import { describeMachine, median, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, serverWords, tell, workFolder } from './options.ts'
import { type ReadBack, readAckFile, readBack } from './readback.ts'
import { countStoredRows } from './store-count.ts'
import { type Audit, equationsHold, Server, type ServerOptions } from './server.ts'

/**
 * Durability: the server is killed with SIGKILL at seeded random moments under load and started again on the same
 * data folder, while the generator goes on and keeps a file of what was acknowledged. In the end everything is read
 * back through the API and compared, value by value.
 *
 *   node bench/kill.ts [--kills 25] [--seed 3] ...
 */
const DEFAULTS = {
  kills: 25,
  seed: 3,
  meters: 2000,
  terminals: 50,
  batch: 10,
  window: 8,
  'frames-per-second': 2000,
  'min-ms': 300,
  'max-ms': 3000,
  'settle-s': 120,
  server: '',
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

/** Time for one life of the server that the count of frames must suffice for, with its start. */
const CYCLE_S = 8

interface KillFigures {
  readonly kills: number
  readonly acknowledged: number
  readonly lost: number
  readonly duplicated: number
  readonly wrong: number
  readonly foreign: number
  /** Both audit equations, and the counters equal the rows. */
  readonly equations: boolean
  /** Kills before which at least one frame was acknowledged since the start. */
  readonly killsWithProgress: number
  readonly resentFrames: number
  readonly restartMs: { readonly p50: number; readonly max: number }
  readonly settledMs: number
  /** Rows counted in the store's files after the last stop; null when the store is another one. */
  readonly rowsInFiles: number | null
  readonly ackMs: GeneratorResult['ackMs']
  readonly audit: Audit
  readonly workload: object
}

/** Starts, loads and kills the server `kills` times, then reads back. */
export async function runKill(args: readonly string[]): Promise<{ pass: boolean; figures: KillFigures }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'kill')
  const fleet = minuteFleet(loadOf(options))
  const ackFile = join(work.path, 'acknowledged.u32')
  const first = await Server.start(serverOptions(options, fleet, work.path))
  let server = first
  let generator: Generator | undefined
  try {
    generator = await startMinuteLoad(loadOf(options), fleet, first.mqttPort, ackFile)
    generator.go()
    const lives = await killRepeatedly(options, server, generator, async () => {
      const ports = { mqttPort: first.mqttPort, httpPort: first.httpPort }
      server = await Server.start({ ...serverOptions(options, fleet, work.path, false), ...ports })
      return server
    })
    generator.stop()
    const sent = await generator.done
    const settleStart = systemClock.monotonic()
    const audit = await settle(server, sent, options['settle-s'] * 1000)
    const settledMs = Math.round(systemClock.monotonic() - settleStart)
    tell(`settled after ${settledMs} ms, reading back ${sent.acknowledgedReadings} readings`)
    const acknowledged = readAckFile(ackFile, fleet)
    const found = await readBack(fleet, server, acknowledged.has)
    await server.stop()
    const rows = await countStoredRows(join(work.path, 'data'))
    const readings = acknowledged.frames * fleet.batch
    const figures = figuresOf(options, lives, sent, found, audit, { settledMs, readings, rows })
    const pass = isClean(figures, options.kills)
    if (pass) work.remove()
    else tell(`the folder is kept: ${work.path}`)
    return { pass, figures }
  } catch (error) {
    tell(`the folder is kept: ${work.path}`)
    await server.kill()
    throw error
  } finally {
    generator?.kill()
  }
}

interface Life {
  readonly restartMs: number
  readonly acknowledged: number
}

async function killRepeatedly(
  options: Options,
  first: Server,
  generator: Generator,
  restart: () => Promise<Server>
): Promise<Life[]> {
  const random = seededRandom(options.seed)
  const lives: Life[] = []
  let server = first
  for (let kill = 1; kill <= options.kills; kill++) {
    const before = generator.acknowledged
    const wait = options['min-ms'] + random.next() * (options['max-ms'] - options['min-ms'])
    await systemClock.delay(wait)
    await server.kill()
    server = await restart()
    const acknowledged = generator.acknowledged - before
    lives.push({ restartMs: server.startMs, acknowledged })
    tell(
      `kill ${kill}/${options.kills} after ${wait.toFixed(0)} ms, ${acknowledged} frames acknowledged, up again in ${server.startMs.toFixed(0)} ms`
    )
  }
  return lives
}

/** Waits until nothing is pending, and then until the counters rest. */
async function settle(server: Server, sent: GeneratorResult, limitMs: number): Promise<Audit> {
  const isSettled = ({ frames, readings }: Audit): boolean =>
    frames.pending === 0 && readings.held === 0 && readings.stored >= sent.acknowledgedReadings
  try {
    return await server.waitForAudit(isSettled, limitMs, 100)
  } catch (error) {
    // A loss is a figure to be reported, not a failure of the harness.
    tell(String(error))
    return await server.audit()
  }
}

interface Rest {
  readonly settledMs: number
  /** Acknowledged, by the generator's file. */
  readonly readings: number
  readonly rows: { first: number; corrections: number } | undefined
}

function figuresOf(
  options: Options,
  lives: readonly Life[],
  sent: GeneratorResult,
  found: ReadBack,
  audit: Audit,
  rest: Rest
): KillFigures {
  const restarts = lives.map(life => Math.round(life.restartMs))
  const { present, ...faults } = found
  const rows = rest.rows ?? { first: present, corrections: 0 }
  const isCounted = audit.readings.stored === present && rows.first === present
  return {
    kills: lives.length,
    acknowledged: rest.readings,
    ...faults,
    equations: equationsHold(audit) && isCounted && audit.readings.corrections + rows.corrections === 0,
    killsWithProgress: lives.filter(life => life.acknowledged > 0).length,
    resentFrames: sent.resent,
    restartMs: { p50: median(restarts), max: Math.max(...restarts) },
    settledMs: rest.settledMs,
    rowsInFiles: rest.rows?.first ?? null,
    ackMs: sent.ackMs,
    audit,
    workload: {
      seed: options.seed,
      meters: options.meters,
      connections: options.terminals,
      batch: options.batch,
      window: options.window,
      framesPerSecond: options['frames-per-second'],
      killAfterMs: [options['min-ms'], options['max-ms']]
    }
  }
}

/** Nothing lost, nothing twice, nothing else, both equations exact, and the kills did happen under load. */
export function isClean(figures: KillFigures, kills: number): boolean {
  const { lost, duplicated, wrong, foreign, equations, audit } = figures
  return (
    figures.kills === kills &&
    figures.acknowledged > 0 &&
    figures.killsWithProgress >= Math.ceil(kills * 0.9) &&
    lost + duplicated + wrong + foreign === 0 &&
    equations &&
    audit.frames.pending === 0
  )
}

function serverOptions(options: Options, fleet: Fleet, folder: string, isFirst = true): ServerOptions {
  const command = serverWords(options.server)
  const files = isFirst
    ? writeFleet(fleet, folder)
    : { registry: join(folder, 'registry'), credentials: join(folder, 'credentials.csv') }
  return {
    ...(command === undefined ? {} : { command }),
    data: join(folder, 'data'),
    ...files,
    mqttPort: 0,
    httpPort: 0,
    logFile: join(folder, 'server.log'),
    clock: systemClock
  }
}

const loadOf = (options: Options): MinuteLoad => ({
  ...options,
  framesPerSecond: options['frames-per-second'],
  seconds: (options.kills + 2) * CYCLE_S
})

if (import.meta.main) {
  const { pass, figures } = await runKill(process.argv.slice(2))
  printResult({ pass, ...figures, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
