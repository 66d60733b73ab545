import { Groups } from './groups.ts'
import { EdgeNumbers } from './network.ts'
import type { Registry } from './registry.ts'
import { keepSupplyIndex, type SupplyColumns, supplyColumns } from './supply-index.ts'
import { keepTerminalIndex, type TerminalColumns, terminalColumns } from './terminal-index.ts'
import { PackedTexts, SharedTexts, TextIndex } from '../texts.ts'
import { type UsagePointColumns, UsagePoints } from './usage-points.ts'

/**
 * A registry and its indexes, to be sent to other threads: all columns lie in shared memory, so that a million meters are
 * sent in milliseconds and stand in memory once. Nobody writes to them any more.
 *
 *   thread that imports or loads: shareRegistry ── message ──> any other: openRegistryParts
 */
export interface RegistryParts {
  readonly version: number
  readonly hash: string
  readonly content: unknown
}

interface Content {
  readonly registry: Registry
  readonly supply: SupplyColumns
  readonly terminals: TerminalColumns
}

/** A class of columns: a message carries its fields under its name. */
interface Packed {
  readonly is: string
  readonly fields: Readonly<Record<string, unknown>>
}

type Fields = Readonly<Record<string, never>>

/** How each class of a registry is taken apart and made again. */
const KINDS: readonly {
  readonly kind: new (...args: never[]) => object
  readonly names: readonly string[]
  readonly make: (fields: Fields) => object
}[] = [
  {
    kind: PackedTexts,
    names: ['bytes', 'ends'],
    make: ({ bytes, ends }) => new PackedTexts(bufferOf(bytes), ends)
  },
  {
    kind: SharedTexts,
    names: ['packed', 'codes'],
    make: ({ packed, codes }) => new SharedTexts(packed, codes)
  },
  {
    kind: TextIndex,
    names: ['texts', 'places', 'size'],
    make: ({ texts, places, size }) => new TextIndex(texts, places, size)
  },
  { kind: Groups, names: ['first', 'items'], make: ({ first, items }) => new Groups(first, items) },
  {
    kind: EdgeNumbers,
    names: ['devices', 'ties'],
    make: ({ devices, ties }) => new EdgeNumbers(devices, ties)
  },
  {
    kind: UsagePoints,
    names: ['columns', 'numbers'],
    make: ({ columns, numbers }) => new UsagePoints(columns as UsagePointColumns, numbers)
  }
]

const known = new WeakMap<Registry, RegistryParts>()

/** Copies a registry into shared memory, and makes its indexes. A second for a million meters. */
export function shareRegistry(registry: Registry): RegistryParts {
  const supply = supplyColumns(registry)
  const terminals = terminalColumns(registry, supply.meterOfRow)
  const content: Content = { registry, supply, terminals }
  const { version, hash } = registry
  return { version, hash, content: pack(content, shareColumns(content)) }
}

/** The registry of parts that were sent. Costs what its terminals and key customers cost, not its meters. */
export function openRegistryParts(parts: RegistryParts): Registry {
  const { registry, supply, terminals } = unpack(parts.content, new Map()) as Content
  keepSupplyIndex(registry, supply)
  keepTerminalIndex(registry, terminals)
  known.set(registry, parts)
  return registry
}

/** What a registry was opened from, to be sent on; undefined for one that was built in this thread. */
export const partsOf = (registry: Registry): RegistryParts | undefined => known.get(registry)

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** @param done what was packed already, columns included: what two hold is sent once */
function pack(value: unknown, done: Map<object, unknown>): unknown {
  if (!isTree(value)) return value
  const before = done.get(value)
  if (before !== undefined) return before
  const [name, parts] = takeApart(value)
  const fields = Object.fromEntries(parts.map(([name, part]) => [name, pack(part, done)]))
  const packed: Packed = { is: name, fields }
  done.set(value, packed)
  return packed
}

/** What has parts: terminals and key customers are few and sent as they are. */
const isTree = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !(value instanceof Map) && !Array.isArray(value)

function takeApart(value: object): [name: string, parts: [name: string, part: unknown][]] {
  const kind = KINDS.find(({ kind }) => value instanceof kind)
  const names = kind?.names ?? Object.keys(value)
  return [kind?.kind.name ?? '', names.map(name => [name, value[name as never]])]
}

function unpack(value: unknown, done: Map<object, unknown>): unknown {
  if (!isPacked(value)) return value
  const before = done.get(value)
  if (before !== undefined) return before
  const fields = Object.fromEntries(
    Object.entries(value.fields).map(([name, field]) => [name, unpack(field, done)])
  )
  const kind = KINDS.find(({ kind }) => kind.name === value.is)
  const made = kind === undefined ? fields : kind.make(fields as Fields)
  done.set(value, made)
  return made
}

const isPacked = (value: unknown): value is Packed =>
  typeof value === 'object' && value !== null && 'is' in value && 'fields' in value

type Column = Uint8Array | Uint32Array | Int32Array | Float64Array

const isColumn = (value: object): value is Column =>
  value instanceof Uint8Array ||
  value instanceof Uint32Array ||
  value instanceof Int32Array ||
  value instanceof Float64Array

const ALIGN_BYTES = 8

/**
 * The same numbers in one piece of shared memory. One large piece is given back to the system when nobody refers to it any
 * more; many of middling size would stay in the heaps of the C library, scattered among what loading left there.
 */
function shareColumns(content: Content): Map<object, unknown> {
  const columns = new Set<Column>()
  collectColumns(content, columns)
  const room = ({ byteLength }: Column): number => Math.ceil(byteLength / ALIGN_BYTES) * ALIGN_BYTES
  const memory = new SharedArrayBuffer(columns.values().reduce((sum, column) => sum + room(column), 0))
  const shared = new Map<object, unknown>()
  let at = 0
  for (const column of columns) {
    const { buffer, byteOffset, byteLength, length } = column
    new Uint8Array(memory, at, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength))
    shared.set(column, viewLike(column, memory, at, length))
    at += room(column)
  }
  return shared
}

function collectColumns(value: unknown, into: Set<Column>): void {
  if (!isTree(value)) return
  if (isColumn(value)) into.add(value)
  else for (const [, part] of takeApart(value)[1]) collectColumns(part, into)
}

function viewLike(column: Column, memory: SharedArrayBuffer, at: number, length: number): Column {
  if (column instanceof Uint8Array) return new Uint8Array(memory, at, length)
  if (column instanceof Uint32Array) return new Uint32Array(memory, at, length)
  return column instanceof Int32Array
    ? new Int32Array(memory, at, length)
    : new Float64Array(memory, at, length)
}
