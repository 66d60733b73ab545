import { existsSync } from 'node:fs'
import { systemClock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import { asError, GridvigilError } from '../src/errors.ts'
import { emptyRegistry, type Registry } from '../src/registry/lookup/registry.ts'
import { parseTime } from '../src/registry/read/local-time.ts'
import { latestSnapshot, loadSnapshot, openSnapshot } from '../src/registry/version/snapshot.ts'
import { configOf, parseFlags } from './arguments.ts'
import type { ExportedRegistry } from './backtest/line.ts'
import { isHeld } from './beside/data-lock.ts'
import { refuseFilled, writeLines } from './export/file.ts'
import { ExportLines } from './export/lines.ts'
import { notesOf, timeText } from './export/notes.ts'
import { beginsAt, countOf, type ExportPlan, isWhole, logsOf, openViews, planExport } from './export/plan.ts'
import { preface } from './export/preface.ts'
import { RecordedResults } from './export/results.ts'
import { type TakenRecords, takenRecords } from './export/steps.ts'

export const EXPORT_USAGE = `gridvigil export --out FILE.ndjson[.gz] [--data DIR] [--from T] [--to T] [--registry-out DIR]
                 [--results DIR] [--unprocessed]

Writes what a server received, in the order in which it was processed, as lines that \`gridvigil backtest\` reads, and
beside them the registry of then as CSV files (default: FILE without its ending and -registry). The server may run:
nothing is locked and its folder is not written to. T is RFC 3339, a date of the site's zone, or epoch ms; a window has
whole steps of the processor, so it may hold a little of before and after. Without it: all that the logs still have.
--results writes what the processor made of it, in the files of a backtest, to be compared with one. --unprocessed adds
what was received and not processed yet. Names and phones of persons are not written.`

const VALUES = ['--out', '--data', '--config', '--timezone', '--from', '--to', '--registry-out', '--results']
const PROGRESS_MS = 1000

interface Wish {
  readonly out: string
  readonly registry: string
  readonly results: string | undefined
  readonly from: number | undefined
  readonly to: number | undefined
  readonly withWaiting: boolean
}

/** Runs \`gridvigil export\`. @throws CLI_USAGE, EXPORT_NOTHING, EXPORT_TARGET, EXPORT_OUTRUN, LOG_FORMAT */
export async function exportCommand(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, ['--unprocessed'], VALUES)
  const config = configOf(flags)
  const out = flags.values.get('--out')
  if (out === undefined || flags.words.length > 0) throw new GridvigilError('CLI_USAGE', 'say --out FILE')
  const wish = {
    out,
    registry: flags.values.get('--registry-out') ?? `${out.replace(/(\.ndjson)?(\.gz)?$/, '')}-registry`,
    results: flags.values.get('--results'),
    from: timeOf('--from', flags.values, config.timezone),
    to: timeOf('--to', flags.values, config.timezone),
    withWaiting: flags.switches.has('--unprocessed')
  }
  if (wish.from !== undefined && wish.to !== undefined && wish.from >= wish.to)
    throw new GridvigilError('CLI_USAGE', '--from is not before --to')
  for (const folder of [wish.registry, wish.results]) if (folder !== undefined) refuseFilled(folder)
  try {
    await run(config, wish)
  } catch (thrown) {
    if (!isDropped(thrown)) throw thrown
    throw new GridvigilError('EXPORT_OUTRUN', asError(thrown).message, { cause: thrown })
  }
}

async function run(config: Config, wish: Wish): Promise<void> {
  const { data } = config
  const { out, from, withWaiting } = wish
  const startedAt = systemClock.monotonic()
  if (!existsSync(logsOf(data))) throw new GridvigilError('EXPORT_NOTHING', `${data} has no logs`)
  const plan = planExport(openViews(data, isHeld(data)), from, wish.to)
  const total = countOf(plan) + (withWaiting ? countOf(plan.waiting) : 0)
  if (total === 0) throw nothingIn(plan)
  const lastEvent = (withWaiting ? plan.waiting : plan).upTo.events
  const { lines: first, registries, notes } = preface(config, wish.registry, plan, lastEvent)
  const results = openResults(data, wish.results, plan)
  const progress = new Progress(total)
  const lines = new ExportLines({
    views: plan.views,
    taken: takenOf(plan, withWaiting),
    preface: first,
    isFromStart: plan.before === 'none',
    onStep(taken) {
      if (taken.recorded !== undefined) results?.take(taken.recorded)
      progress.tell(taken, lines)
    }
  })
  const bytes = await writeLines(out, lines.make())
  const { firstAt, lastAt } = lines
  const registry = results && registryOf(data, registries.at(-1))
  const period = registry && { registry, zone: config.timezone, from: firstAt, to: lastAt }
  results?.close(lines.lines, lastAt, period)
  const facts = { plan, from, withWaiting, missing: lines.missing, lost: results?.lost ?? 0, registries }
  for (const note of [...notesOf(facts), ...notes]) process.stderr.write(`note: ${note}\n`)
  const result = {
    event: 'exported',
    file: out,
    registry: wish.registry,
    ...(wish.results !== undefined && { results: wish.results }),
    whole: isWhole(plan),
    from: timeText(lines.firstAt),
    to: timeText(lines.lastAt),
    lines: lines.lines,
    ...lines.records,
    steps: plan.steps,
    missing: lines.missing.frames + lines.missing.events,
    waiting: countOf(plan.waiting),
    registryVersions: registries.map(({ version }) => version),
    bytes,
    seconds: Number(((systemClock.monotonic() - startedAt) / 1000).toFixed(3))
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

function* takenOf({ views, window, waiting }: ExportPlan, withWaiting: boolean): Generator<TakenRecords> {
  yield* takenRecords(views, window)
  if (withWaiting) yield waiting
}

function openResults(
  data: string,
  folder: string | undefined,
  plan: ExportPlan
): RecordedResults | undefined {
  if (folder === undefined) return undefined
  const latest = latestSnapshot(data)
  // Its numbers are those of all versions before it.
  const columns = latest && openSnapshot(data, latest.hash)
  const results = new RecordedResults(folder, [...(columns?.book() ?? [])], plan.before)
  columns?.close()
  results.open()
  return results
}

/** The registry that held at last, undefined when it cannot be given. Without any a backtest has one of nothing. */
function registryOf(data: string, last: ExportedRegistry | undefined): Registry | undefined {
  if (last === undefined) return emptyRegistry()
  if (last.files === undefined) return undefined
  return loadSnapshot(data, last.hash)
}

/** Tells once a second how far it is. */
class Progress {
  readonly #total: number
  #done = 0
  #shownAt = systemClock.monotonic()

  constructor(total: number) {
    this.#total = total
  }

  tell(taken: TakenRecords, { lines, lastAt }: Pick<ExportLines, 'lines' | 'lastAt'>): void {
    this.#done += countOf(taken)
    if (systemClock.monotonic() - this.#shownAt < PROGRESS_MS) return
    this.#shownAt = systemClock.monotonic()
    const percent = Math.floor((100 * this.#done) / this.#total)
    process.stderr.write(`${percent} %, ${lines} lines, ${timeText(lastAt)}\n`)
  }
}

/** @throws CLI_USAGE */
function timeOf(flag: string, values: ReadonlyMap<string, string>, zone: string): number | undefined {
  const text = values.get(flag)
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  const read = parseTime(text, zone)
  if ('ms' in read) return read.ms
  throw new GridvigilError('CLI_USAGE', `${flag} ${text} is neither RFC 3339 nor epoch ms`)
}

function nothingIn({ views, waiting }: ExportPlan): GridvigilError {
  const spans = (['frames', 'events'] as const).flatMap(log => {
    const at = beginsAt(views[log])
    return at === undefined ? [] : [`the ${log} log begins at ${timeText(at)}`]
  })
  if (spans.length === 0) return new GridvigilError('EXPORT_NOTHING', 'the logs are empty')
  const left =
    countOf(waiting) > 0 ? `; ${countOf(waiting)} records are not processed yet (--unprocessed)` : ''
  return new GridvigilError('EXPORT_NOTHING', `nothing in that time; ${spans.join(', ')}${left}`)
}

/** A segment that was there when the logs were listed: a running server keeps old ones no longer than it must. */
function isDropped(thrown: unknown): boolean {
  const { code, path = '' } = thrown as NodeJS.ErrnoException
  return code === 'ENOENT' && path.endsWith('.seg')
}
