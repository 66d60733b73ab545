import { readKeyCustomers, readPlannedOutages } from '../lookup/customers.ts'
import { groupBy } from '../lookup/groups.ts'
import { buildNetwork } from '../lookup/network.ts'
import { selfMeter } from '../numbers.ts'
import type { DeviceColumns, Registry, Terminal } from '../lookup/registry.ts'
import type { RegistrySource } from '../source.ts'
import { type PackedTexts, release, SharedTexts, TextIndex, TextPacker } from '../texts.ts'
import { UsagePoints } from '../lookup/usage-points.ts'

/**
 * Columns for the hot path. `meters.count` covers the whole book; `meterNumbers` finds only the meters of this version, so
 * that a meter which left the registry is unknown while its number stays taken.
 */
export function buildRegistry(source: RegistrySource, version: number, hash: string): Registry {
  const terminals = readTerminals(source)
  return {
    version,
    hash,
    ...fillMeters(source, terminals),
    terminals,
    usagePoints: readUsagePoints(source),
    network: buildNetwork(source),
    devices: readDevices(source),
    keyCustomers: readKeyCustomers(source),
    plannedOutages: readPlannedOutages(source)
  }
}

/** Where each row of meters.csv comes to stand in MeterColumns. */
interface Places {
  readonly rowAt: Int32Array
  readonly earlier: Int32Array
}

function fillMeters(
  source: RegistrySource,
  terminals: ReadonlyMap<string, Terminal>
): Pick<Registry, 'meters' | 'meterNumbers'> {
  const id = source.book()
  const numberOf = TextIndex.of(id)
  const ids = source.packed('meters', 'id')
  const meterOf = numberOf.allLike(ids)
  const installedAt = source.number('meters', 'installed_at')
  const places = placeRows(meterOf, installedAt, id.length)
  const isIn = new Uint8Array(id.length)
  for (const meter of meterOf) isIn[meter] = 1
  const terminal = placeShared(source.shared('meters', 'terminal'), places, [...terminals.keys()])
  // Place in `words` is one behind the place of a terminal: the first word is the blank.
  for (const [place, name] of [...terminals.keys()].entries()) {
    const at = numberOf.get(selfMeter(name))
    if (at === undefined) continue
    isIn[at] = 1
    terminal.codes[at] = place + 1
  }
  const shared = (column: string): SharedTexts => placeShared(source.shared('meters', column), places)
  const number = (column: string): Float64Array =>
    placeNumbers(source.number('meters', column), places, Number.NaN)
  const meters = {
    count: id.length,
    id,
    earlier: places.earlier,
    terminal,
    usagePoint: placePacked(source.packed('meters', 'usage_point'), places),
    device: shared('device'),
    wiring: shared('wiring'),
    ratedV: number('rated_v'),
    ratedA: number('rated_a'),
    ct: number('ct_ratio'),
    pt: number('pt_ratio'),
    registerDigits: number('register_digits'),
    registerDecimals: number('register_decimals'),
    installedAt: placeNumbers(installedAt, places, -Infinity),
    removedAt: placeNumbers(source.number('meters', 'removed_at'), places, Infinity),
    initialRegister: number('initial_register'),
    removedRegister: number('removed_register')
  }
  return { meters, meterNumbers: isIn.includes(0) ? TextIndex.of(id, isIn) : numberOf }
}

/** A meter's latest row stands at its number, its earlier ones behind all numbers. */
function placeRows(meterOf: Int32Array, installedAt: Float64Array, count: number): Places {
  const begins = (row: number): number => {
    const from = installedAt[row] ?? Number.NaN
    return Number.isNaN(from) ? -Infinity : from
  }
  const rowsOf = groupBy(meterOf, count)
  let places = count
  for (let meter = 0; meter < count; meter++) places += Math.max(0, rowsOf.of(meter).length - 1)
  const rowAt = new Int32Array(places).fill(-1)
  const earlier = new Int32Array(places).fill(-1)
  let next = count
  // Behind all numbers in order of the file: that of the meters' first rows.
  for (const row of meterOf.keys()) {
    const meter = meterOf[row] ?? -1
    if (meter < 0 || (rowAt[meter] ?? -1) >= 0) continue
    const rows = rowsOf.of(meter)
    if (rows.length > 1) rows.sort((one, other) => begins(other) - begins(one) || one - other)
    let at = meter
    for (const [i, placed] of rows.entries()) {
      if (i > 0) {
        earlier[at] = next
        at = next++
      }
      rowAt[at] = placed
    }
  }
  return { rowAt, earlier }
}

/** @param first words that come first, whether or not they stand in the column */
function placeShared(column: SharedTexts, { rowAt }: Places, first: readonly string[] = []): SharedTexts {
  const words = ['', ...first]
  const known = new Map(words.map((word, code) => [word, code]))
  const newCode = Array.from(column.packed, word => {
    const code = known.get(word) ?? words.length
    if (code === words.length) {
      words.push(word)
      known.set(word, code)
    }
    return code
  })
  const codes = new Uint32Array(rowAt.length)
  for (let at = 0; at < codes.length; at++) {
    const row = rowAt[at] ?? -1
    if (row >= 0) codes[at] = newCode[column.codes[row] ?? 0] ?? 0
  }
  release(column.codes)
  return new SharedTexts(words, codes)
}

function placePacked(column: PackedTexts, { rowAt }: Places): PackedTexts {
  const packer = new TextPacker(rowAt.length, column.bytes.length)
  for (const row of rowAt)
    if (row < 0) packer.add('')
    else packer.addBytes(column.bytes, column.start(row), column.ends[row] ?? 0)
  release(column.bytes)
  release(column.ends)
  return packer.finish()
}

/** @param blank of meters that have no row, and of blank cells */
function placeNumbers(column: Float64Array, { rowAt }: Places, blank: number): Float64Array {
  const placed = new Float64Array(rowAt.length).fill(blank)
  for (let at = 0; at < placed.length; at++) {
    const value = column[rowAt[at] ?? -1] ?? Number.NaN
    if (!Number.isNaN(value)) placed[at] = value
  }
  release(column)
  return placed
}

function readTerminals(source: RegistrySource): Map<string, Terminal> {
  const text = (column: string): SharedTexts => source.shared('terminals', column)
  const number = (column: string): Float64Array => source.number('terminals', column)
  const columns = {
    kind: text('kind'),
    poweredBy: text('powered_by'),
    sampleIntervalS: number('sample_interval_s'),
    uploadIntervalS: number('upload_interval_s'),
    uploadDelayS: number('upload_delay_s'),
    heartbeatS: number('heartbeat_s'),
    carrier: text('carrier'),
    cell: text('cell'),
    backup: text('backup'),
    protocol: text('protocol')
  }
  const terminals = new Map<string, Terminal>()
  for (const [row, id] of [...source.packed('terminals', 'id')].entries())
    terminals.set(id, {
      id,
      kind: columns.kind.get(row),
      poweredBy: columns.poweredBy.get(row),
      sampleIntervalS: columns.sampleIntervalS[row] ?? Number.NaN,
      uploadIntervalS: columns.uploadIntervalS[row] ?? Number.NaN,
      uploadDelayS: columns.uploadDelayS[row] ?? Number.NaN,
      heartbeatS: columns.heartbeatS[row] ?? Number.NaN,
      carrier: columns.carrier.get(row),
      cell: columns.cell.get(row),
      backup: columns.backup.get(row),
      protocol: columns.protocol.get(row)
    })
  return terminals
}

function readUsagePoints(source: RegistrySource): UsagePoints {
  const shared = (column: string): SharedTexts => source.shared('usagePoints', column)
  return new UsagePoints({
    id: source.packed('usagePoints', 'id'),
    account: source.packed('usagePoints', 'account'),
    device: shared('device'),
    phase: shared('phase'),
    role: shared('role'),
    contractKva: source.number('usagePoints', 'contract_kva')
  })
}

function readDevices(source: RegistrySource): DeviceColumns {
  const text = (column: string): SharedTexts => source.shared('devices', column)
  const number = (column: string): Float64Array => source.number('devices', column)
  return {
    kind: text('kind'),
    name: source.packed('devices', 'name'),
    phases: text('phases'),
    ratedKva: number('rated_kva'),
    ratedA: number('rated_a'),
    nominalKv: number('nominal_kv'),
    vectorGroup: text('vector_group'),
    latitude: number('latitude'),
    longitude: number('longitude')
  }
}
