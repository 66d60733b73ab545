import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { runGridvigil } from './front-command.ts'
import { describeMachine, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { playAgain } from './play-again.ts'
import { equationsHold, PROJECT, Server } from './server.ts'

/**
 * Scenarios through the real front door, one for each class of evidence: `serve` with the books of a made-up city, `simulate` over MQTT in
 * wall-clock time, then `export` of the data folder and `backtest` of that. What backtest says must be what the server wrote, byte for byte.
 *
 *   node bench/front-door.ts [--scenarios a,b,…] [--interval 10] [--pace 60]
 */
const DEFAULTS = {
  /** Gasps and records; silence; voltage; neutral; communication; status; plant; registers; nothing. */
  scenarios:
    'lateral-dead,terminal-lost,open-phase-dyn,broken-neutral,branch-silent,foreign-terminal,hospital-both-lost,meters-change,nothing-at-all',
  interval: 10,
  pace: 60,
  'limit-minutes': 6,
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

interface Played {
  readonly scenario: string
  readonly seconds: number
  readonly messages: number
  readonly acknowledged: number
  readonly readings: number
  readonly equations: boolean
  readonly identical: Readonly<Record<string, boolean>>
  readonly pass: boolean
}

export async function runFrontDoor(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'front-door')
  const played: Played[] = []
  try {
    for (const scenario of options.scenarios.split(',')) {
      const one = await play(scenario, options, join(work.path, scenario))
      tell(JSON.stringify(one))
      played.push(one)
    }
  } finally {
    work.remove()
  }
  return { pass: played.length > 0 && played.every(({ pass }) => pass), figures: { played } }
}

async function play(scenario: string, options: Options, folder: string): Promise<Played> {
  mkdirSync(folder, { recursive: true })
  const path = join(PROJECT, 'scenarios', `${scenario}.yaml`)
  const meters = /meters: (\d+)/.exec(readFileSync(path, 'utf8'))?.[1] ?? '1200'
  const city = join(folder, 'city')
  await runGridvigil([
    'city',
    '--out',
    city,
    '--meters',
    meters,
    '--seed',
    'scenario',
    '--interval',
    options.interval
  ])
  const [registry, truth] = [join(city, 'registry'), join(city, 'truth')]
  const credentials = join(city, 'credentials.csv')
  const data = join(folder, 'data')
  const server = await Server.start({
    data,
    registry,
    credentials,
    mqttPort: 0,
    httpPort: 0,
    logFile: join(folder, 'server.log'),
    clock: systemClock
  })
  const begin = systemClock.monotonic()
  let simulated: Record<string, number>
  let equations: boolean
  try {
    simulated = await runGridvigil(
      [
        'simulate',
        '--registry',
        truth,
        '--scenario',
        path,
        '--seed',
        '1',
        '--pace',
        options.pace,
        '--interval',
        options.interval
      ]
        .concat(['--url', `mqtt://127.0.0.1:${server.mqttPort}`, '--credentials', credentials])
        .concat(['--truth', join(folder, 'truth.ndjson')]),
      options['limit-minutes']
    )
    // Everything that was acknowledged is through, and stored.
    const audit = await server.waitForAudit(({ frames }) => frames.pending === 0, 60_000)
    equations = equationsHold(audit)
  } finally {
    await server.stop()
  }
  const seconds = (systemClock.monotonic() - begin) / 1000
  const { identical, out } = await playAgain(data, folder)
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))
  const { messages = 0, acknowledged = 0 } = simulated
  const readings: number = summary.audit.readings.stored
  return {
    scenario,
    seconds: Number(seconds.toFixed(1)),
    messages,
    acknowledged,
    readings,
    equations,
    identical,
    pass:
      equations &&
      readings > 0 &&
      messages > 0 &&
      acknowledged >= messages * 0.999 &&
      seconds <= options['limit-minutes'] * 60 &&
      Object.values(identical).every(Boolean)
  }
}

if (import.meta.main) {
  const { pass, figures } = await runFrontDoor(process.argv.slice(2))
  printResult({ ...figures, pass, machine: describeMachine(), ...readRevision() })
}
