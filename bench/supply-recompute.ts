import { join } from 'node:path'
import { seededRandom } from '../src/random.ts'
import type { Registry } from '../src/registry/lookup/registry.ts'
import { loadSnapshot, snapshotHashes } from '../src/registry/version/snapshot.ts'
import { affectedBy } from '../src/supply/affected.ts'
import { type Ways, waysOf } from '../src/supply/ways.ts'
import { gridvigil } from './front-command.ts'
import { describeMachine, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { plantOf } from './supply-plants.ts'
import { SupplyUnderTest, timed } from './supply-under-test.ts'

/**
 * What it takes to say anew, after a switch was operated, how all key customers of a large city are supplied and what they hang on: by the code that
 * the API and the processor run, with the registry as it was imported.
 *
 *   node bench/supply-recompute.ts [--meters 1000000] [--key-customers 1000] [--operations 60]
 */
const DEFAULTS = {
  meters: 1_000_000,
  'key-customers': 1000,
  operations: 60,
  /** Other switches of which somebody told before, as they stand normally: every one is looked at. */
  told: 500,
  seed: 7,
  'limit-ms': 1000,
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

/** Parts of saying it all anew, ms. */
interface Parts {
  /** The record of the switch, and the tick at which all customers are judged. */
  readonly states: number
  /** What all customers' feeds hang on, what they share, single failures: normally and now. */
  readonly ways: number
  /** Whom the operated device, or a feeder, would take something from. */
  readonly affected: number
}

export function runSupplyRecompute(args: readonly string[]): { pass: boolean; figures: object } {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'supply-recompute')
  try {
    const [city, data] = [join(work.path, 'city'), join(work.path, 'data')]
    const size = ['--meters', String(options.meters), '--key-customers', String(options['key-customers'])]
    // In processes of their own: what they take is not the memory of those who run.
    gridvigil(['city', '--out', city, '--seed', 'recompute', ...size])
    gridvigil(['import', join(city, 'registry'), '--data', data])
    tell('the city is imported')
    return measure(options, data)
  } finally {
    work.remove()
  }
}

function measure(options: Options, data: string): { pass: boolean; figures: object } {
  const [hash = ''] = snapshotHashes(data)
  const registry = loadSnapshot(data, hash)
  const customers = [...registry.keyCustomers.values()]
  const plants = customers.map((_, number) => plantOf({ number }))
  const stage = new SupplyUnderTest(registry, hash, plants)
  tell('all customers are said to be supplied')
  const random = seededRandom(options.seed)
  const { switches, feeders } = placesOf(registry)
  const told = new Map<string, { state: 'open' | 'closed' }>()
  const isOpen = (id: string): boolean => (told.get(id)?.state ?? normalState(registry, id)) === 'open'
  for (let i = 0; i < options.told; i++) {
    const id = switches[random.integer(switches.length)] ?? ''
    told.set(id, { state: normalState(registry, id) })
  }
  const runs: Parts[] = []
  let [hangsOtherwise, hit, saidAnew] = [0, 0, 0]
  let before = customers.map(customer => waysOf(registry, told, customer))
  for (let i = 0; i < options.operations; i++) {
    const id = switches[random.integer(switches.length)] ?? ''
    const state = isOpen(id) ? 'closed' : 'open'
    told.set(id, { state })
    const states = stage.operate(id, state)
    saidAnew += stage.lines.length
    const [ways, now] = timed(() => customers.map(customer => waysOf(registry, told, customer)))
    const feeder = feeders[random.integer(feeders.length)] ?? ''
    const [affected, found] = timed(() => affectedBy(registry, told, [id, feeder]))
    runs.push({ states, ways, affected })
    hangsOtherwise += now.filter((each, place) => isOtherwise(each, before[place])).length
    hit += found.length
    before = now
  }
  const totals = runs.map(({ states, ways, affected }) => states + ways + affected)
  const all = spread(totals)
  return {
    // Every plant changed with every operation: whoever was judged had something new to say.
    pass:
      all.max <= options['limit-ms'] &&
      saidAnew >= options.operations * customers.length &&
      hangsOtherwise > 0 &&
      hit > 0 &&
      customers.length === options['key-customers'],
    figures: {
      ...{ meters: options.meters, devices: registry.network.ids.length, keyCustomers: customers.length },
      ...{ operations: runs.length, switchable: switches.length, toldOf: told.size },
      ms: {
        all,
        states: spread(runs.map(({ states }) => states)),
        ways: spread(runs.map(({ ways }) => ways)),
        affected: spread(runs.map(({ affected }) => affected))
      },
      ...{ saidAnew, hangsOtherwise, hit },
      mib: Math.round(process.resourceUsage().maxRSS / 1024)
    }
  }
}

/** Ids of what can be switched, and of feeders. */
function placesOf({ network, devices }: Registry): { switches: string[]; feeders: string[] } {
  const [switches, feeders]: [string[], string[]] = [[], []]
  for (let device = 0; device < network.ids.length; device++) {
    const kind = devices.kind.get(device)
    if (kind === 'switch') switches.push(network.ids.get(device))
    if (kind === 'feeder') feeders.push(network.ids.get(device))
  }
  for (const [id, edge] of network.edgeNumbers) if (edge >= network.ids.length) switches.push(id)
  return { switches, feeders }
}

const normalState = ({ network }: Registry, id: string): 'open' | 'closed' =>
  network.normallyOpen[network.edgeNumbers.get(id) ?? -1] === 1 ? 'open' : 'closed'

const isOtherwise = (one: Ways, other: Ways | undefined): boolean =>
  JSON.stringify([...one.present.feeds]) !== JSON.stringify([...(other?.present.feeds ?? [])])

function spread(all: readonly number[]): Record<'p50' | 'p95' | 'max', number> {
  const sorted = [...all].sort((a, b) => a - b)
  const at = (share: number): number =>
    Math.round(10 * (sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN)) / 10
  return { p50: at(0.5), p95: at(0.95), max: at(1) }
}

if (import.meta.main) {
  const { pass, figures } = runSupplyRecompute(process.argv.slice(2))
  printResult({ ...figures, pass, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
