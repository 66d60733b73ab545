import type { Clock } from '../../clock.ts'
import type { Credentials } from '../credentials.ts'
import type { Grid } from '../grid/grid.ts'
import { readGrid } from '../grid/read-grid.ts'
import { LiveRun } from '../live-run.ts'
import { makeGridLoad } from '../load/grid-load.ts'
import { Run } from '../run.ts'
import { parseScenario, readScenario } from '../scenario/read-scenario.ts'

/**
 * The demo city at work, over real MQTT:
 *
 *   connect ──> points of the past days (of a quarter of an hour, of key customers' plants as they send), as fast as they are taken ──> the scenario in wall-clock time, again and again
 *
 * Points are a function of time: what is sent again after a restart is equal and counts as a duplicate.
 */
export interface DemoOptions {
  readonly url: string
  readonly credentials: Credentials
  /** Registry folder that is taken for true. */
  readonly truth: string
  readonly scenario: string
  readonly seed: string
  /** Days of points to send before going live. */
  readonly historyDays: number
  /** Newest data time the server has, epoch ms: history starts after it. */
  readonly since?: number
  readonly onEvent?: (event: DemoEvent) => void
}

export type DemoEvent =
  | { readonly event: 'history'; readonly messages: number; readonly seconds: number }
  | { readonly event: 'live'; readonly scenario: string }
  /** What begins or ends in the city just now, for people who want to look at it. */
  | { readonly event: 'happens'; readonly what: string }
  | { readonly event: 'trouble'; readonly message: string }

const QUARTER_MS = 900_000
const DAY_MS = 86_400_000

/** Runs until `signal` aborts, then ends its sessions. @throws SIMULATOR_SCENARIO, GATEWAY_CREDENTIALS */
export async function runDemo(options: DemoOptions, clock: Clock, signal: AbortSignal): Promise<void> {
  const { url, credentials, seed, onEvent } = options
  const scenario = readScenario(options.scenario)
  const grid = readGrid(options.truth)
  const load = makeGridLoad(grid, seed)
  const onTrouble = (message: string): void => onEvent?.({ event: 'trouble', message })
  const live = new LiveRun({ url, credentials, onTrouble }, clock)
  try {
    const begin = clock.monotonic()
    const past = pastRun(grid, options, clock.now())
    if (past !== undefined) await live.catchUp(new Run(past, load), signal)
    const { acknowledged } = live.figures
    onEvent?.({ event: 'history', messages: acknowledged, seconds: (clock.monotonic() - begin) / 1000 })
    onEvent?.({ event: 'live', scenario: scenario.name })
    let run = new Run({ grid, scenario, start: clock.now(), seed }, load)
    await playAloud(run)
    while (scenario.loops && !signal.aborted) {
      run = run.again()
      await playAloud(run)
    }
  } finally {
    await live.stop()
  }

  /** Plays a run and tells what happens in it when it does. */
  async function playAloud(run: Run): Promise<void> {
    const cancels = happeningsOf(run).map(({ at, what }) =>
      clock.after(at - clock.now(), () => onEvent?.({ event: 'happens', what }))
    )
    try {
      await live.play(run, signal)
    } finally {
      for (const cancel of cancels) cancel()
    }
  }
}

/** What begins and ends in a run, in words. */
function happeningsOf({ context }: Run): { at: number; what: string }[] {
  const { devices, customers, terminals } = context.world.index.grid
  const { losses, end: until } = context.world.happenings
  const outages = context.outages.flatMap(({ device, customer, affected, start, end }) => {
    const name = customer >= 0 ? customers.point[customer] : devices.id[device]
    const meter = customers.meter[affected[0] ?? customer] ?? ''
    return [
      {
        at: start,
        what: `${name} is dead: ${affected.length} customers without supply; look at meter ${meter}`
      },
      { at: end, what: `${name} is back` }
    ]
  })
  const silences = losses.flatMap(({ scope, subject, terminals: silent, start, end }) => {
    const names = silent.slice(0, 3).map(terminal => terminals[terminal]?.id)
    const who = names.length > 1 || names[0] !== subject ? `: terminals ${names.join(', ')}` : ''
    return [
      { at: start, what: `${scope} ${subject} cannot be heard${who}` },
      { at: end, what: `${scope} ${subject} can be heard again` }
    ]
  })
  return [...outages, ...silences].filter(({ at }) => at < until)
}

/** The days before now in which nothing happens; undefined when the server has them. */
function pastRun(
  grid: Grid,
  { seed, historyDays, since }: DemoOptions,
  now: number
): ConstructorParameters<typeof Run>[0] | undefined {
  const earliest = now - historyDays * DAY_MS
  const start = Math.floor(Math.max(since ?? earliest, earliest) / QUARTER_MS) * QUARTER_MS + 1
  if (start + QUARTER_MS > now) return undefined
  const scenario = parseScenario(
    `{ name: past, title: { en: The days before, zh-CN: 此前数日 }, duration: ${now - start}ms,
       collection: { readFailures: 0, duplicates: 0, deadClocks: 0 } }`,
    'the past of the demo'
  )
  const watching = new Set(grid.keyCustomers.map(({ terminal }) => terminal))
  const terminals = grid.terminals.map((terminal, number) => ({
    ...terminal,
    // What a plant's terminal says holds for its own rhythm: a word a quarter of an hour would leave its customer unknown in between.
    ...(!watching.has(number) && { sampleMs: QUARTER_MS, uploadMs: QUARTER_MS, uploadDelayMs: 0 }),
    heartbeatMs: DAY_MS
  }))
  return { grid: { ...grid, terminals }, scenario, start, seed }
}
