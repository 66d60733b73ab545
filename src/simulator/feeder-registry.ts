import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quoteCell } from '../registry/read/issues.ts'
import type { Feeder, FeederBranch, FeederCustomer } from './feeder-files.ts'

/**
 * A recorded feeder as registry files. A bus is a device, named by the bus; its edge is the branch that feeds it. Parallel
 * branches (one per phase) are one edge. Branches that are open join two fed buses as ties.
 *
 *   source bus ─ section, switch ─ … ─ transformer (its lower bus) ─ service (a box) ─ usage point, meter
 *                                          └ one terminal per transformer
 */
export interface FeederTree {
  /** Buses that are fed, each after the one that feeds it. */
  readonly order: readonly string[]
  readonly parent: ReadonlyMap<string, string>
  /** The branches that feed a bus. */
  readonly above: ReadonlyMap<string, readonly FeederBranch[]>
  readonly ties: readonly { readonly id: string; readonly a: string; readonly b: string }[]
}

/** What the books of a utility say of a customer where they are wrong. */
export interface FeederBook {
  readonly bus: string
  /** Empty when nobody knows it. */
  readonly phase: FeederCustomer['phase'] | ''
}

/** Who feeds whom from the source over closed branches, in order of the files. */
export function feederTree({ source, branches }: Feeder): FeederTree {
  const at = new Map<string, FeederBranch[]>()
  for (const branch of branches.filter(({ open }) => !open))
    for (const bus of [branch.from, branch.to]) add(at, bus, branch)
  const order = [source]
  const parent = new Map([[source, '']])
  const above = new Map<string, FeederBranch[]>()
  for (const bus of order)
    for (const branch of at.get(bus) ?? []) {
      const other = branch.from === bus ? branch.to : branch.from
      if (!parent.has(other)) {
        parent.set(other, bus)
        order.push(other)
      }
      if (parent.get(other) === bus) add(above, other, branch)
    }
  const open = branches.filter(branch => branch.open)
  return { order, parent, above, ties: findTies(open, bus => parent.has(bus)) }
}

/** Chains of open branches between two fed buses; those that end at a bus of another feeder are left out. */
function findTies(open: readonly FeederBranch[], isFed: (bus: string) => boolean): FeederTree['ties'] {
  const ties = new Map<string, { id: string; a: string; b: string }>()
  for (const { id, from, to } of open)
    for (const start of [from, to].filter(isFed)) {
      const reached = [start]
      for (const bus of reached) {
        if (bus !== start && isFed(bus)) {
          const key = [start, bus].sort().join(' ')
          if (!ties.has(key)) ties.set(key, { id, a: start, b: bus })
          continue
        }
        // From the start over this branch alone, then over whatever is open.
        const next = bus === start ? [{ from, to }] : open
        for (const branch of next) {
          const other = branch.from === bus ? branch.to : branch.to === bus ? branch.from : undefined
          if (other !== undefined && !reached.includes(other)) reached.push(other)
        }
      }
    }
  return [...ties.values()]
}

/**
 * Writes registry files of a feeder into `folder`.
 * @param prefix of all ids, so that several feeders may stand in one registry
 * @param books what it says of customers, by their id, where that is not how things are
 */
export function writeFeederRegistry(
  feeder: Feeder,
  folder: string,
  prefix = '',
  books: ReadonlyMap<string, FeederBook> = new Map()
): void {
  mkdirSync(folder, { recursive: true })
  const tree = feederTree(feeder)
  const transformerOf = feederTransformers(tree)
  const customers = feeder.customers.filter(({ bus }) => tree.parent.has(bus))
  const id = (name: string): string => prefix + name
  const terminalId = ({ bus }: FeederCustomer): string =>
    id(`C-${transformerOf.get(bus) ?? feeder.name}`).replace(/[^A-Za-z0-9_-]/g, '_')
  const put = (file: string, header: string, rows: readonly (readonly (string | number)[])[]): void => {
    const lines = rows.map(cells => cells.map(cell => quoteCell(String(cell))).join(','))
    writeFileSync(join(folder, file), `${[header, ...lines].join('\n')}\n`)
  }
  put('devices.csv', 'id,kind,name,parent,phases,rated_kva,nominal_kv', describeDevices(feeder, tree, id))
  put(
    'ties.csv',
    'id,device_a,device_b,normally_open',
    tree.ties.map(tie => [id(tie.id), id(tie.a), id(tie.b), 'true'])
  )
  put(
    'accounts.csv',
    'id,category',
    customers.map(({ id: name, profile }) => [
      id(name),
      profile.startsWith('Commercial') ? 'commercial' : 'residential'
    ])
  )
  put(
    'usage_points.csv',
    'id,account,device,phase,contract_kva',
    customers.map(customer => {
      const { bus, phase } = books.get(customer.id) ?? customer
      return [id(`U-${customer.id}`), id(customer.id), id(bus), phase, customer.kva.toFixed(3)]
    })
  )
  const terminals = new Map(
    customers.map(customer => [terminalId(customer), transformerOf.get(customer.bus) ?? ''])
  )
  put(
    'terminals.csv',
    'id,kind,powered_by,sample_interval_s,upload_interval_s,upload_delay_s,heartbeat_s',
    [...terminals].map(([terminal, bus]) => [
      terminal,
      'concentrator',
      bus === '' ? '' : id(bus),
      900,
      900,
      60,
      300
    ])
  )
  put(
    'meters.csv',
    'id,usage_point,terminal,wiring,rated_v,rated_a,register_digits,register_decimals',
    customers.map(customer => [
      id(`M-${customer.id}`),
      id(`U-${customer.id}`),
      terminalId(customer),
      '1p2w',
      Math.round(customer.kv * 1000),
      100,
      6,
      2
    ])
  )
}

function describeDevices(
  { source, sourceKv, customers }: Feeder,
  tree: FeederTree,
  id: (name: string) => string
) {
  const phases = phasesBelow(tree, customers)
  const kv = new Map([[source, sourceKv]])
  return tree.order.map(bus => {
    const above = tree.above.get(bus) ?? []
    const parent = tree.parent.get(bus) ?? ''
    const [branch] = above
    if (branch === undefined) return [id(bus), 'substation', '', '', 'ABC', '', sourceKv]
    kv.set(bus, Number.isNaN(branch.kv) ? (kv.get(parent) ?? sourceKv) : branch.kv)
    // The data tells how many phases a branch has; which ones is told by the customers below it.
    const count = above.reduce((sum, { phases }) => sum + phases, 0)
    const letters = count >= 3 ? 'ABC' : [...(phases.get(bus) ?? [])].sort().join('')
    const rating = Number.isNaN(branch.kva) ? '' : above.reduce((sum, { kva }) => sum + kva, 0)
    return [id(bus), KINDS[branch.kind], branch.id, id(parent), letters, rating, kv.get(bus) ?? '']
  })
}

const KINDS = { section: 'section', switch: 'switch', service: 'box', transformer: 'transformer' } as const

function phasesBelow(
  { order, parent }: FeederTree,
  customers: readonly FeederCustomer[]
): Map<string, Set<string>> {
  const phases = new Map(order.map(bus => [bus, new Set<string>()]))
  for (const { bus, phase } of customers) phases.get(bus)?.add(phase)
  for (const bus of order.toReversed())
    for (const phase of phases.get(bus) ?? []) phases.get(parent.get(bus) ?? '')?.add(phase)
  return phases
}

/** The lower bus of the transformer nearest above each bus. */
export function feederTransformers({ order, parent, above }: FeederTree): Map<string, string> {
  const found = new Map<string, string>()
  for (const bus of order) {
    const isTransformer = above.get(bus)?.some(({ kind }) => kind === 'transformer') === true
    const nearest = isTransformer ? bus : found.get(parent.get(bus) ?? '')
    if (nearest !== undefined) found.set(bus, nearest)
  }
  return found
}

function add<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
