import { Groups } from './groups.ts'
import { EdgeNumbers } from './network.ts'
import type { Registry } from './registry.ts'
import { keepSupplyIndex, type SupplyColumns, supplyColumns } from './supply-index.ts'
import { keepTerminalIndex, type TerminalColumns, terminalColumns } from './terminal-index.ts'
import { PackedTexts, SharedTexts, TextIndex } from './texts.ts'
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
  return { version, hash, content: pack(content, new Map()) }
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

/** @param done what was packed already: columns that two hold are sent once */
function pack(value: unknown, done: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Map) return value
  const before = done.get(value)
  if (before !== undefined) return before
  const packed = packNew(value, done)
  done.set(value, packed)
  return packed
}

function packNew(value: object, done: Map<object, unknown>): unknown {
  if (isColumn(value)) return share(value)
  if (Array.isArray(value)) return value
  const kind = KINDS.find(({ kind }) => value instanceof kind)
  const names = kind?.names ?? Object.keys(value)
  const fields = Object.fromEntries(names.map(name => [name, pack(value[name as never], done)]))
  return { is: kind?.kind.name ?? '', fields } satisfies Packed
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

/** The same numbers in shared memory. */
function share(column: Column): Column {
  const memory = new SharedArrayBuffer(column.byteLength)
  new Uint8Array(memory).set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  if (column instanceof Uint8Array) return new Uint8Array(memory)
  if (column instanceof Uint32Array) return new Uint32Array(memory)
  return column instanceof Int32Array ? new Int32Array(memory) : new Float64Array(memory)
}
