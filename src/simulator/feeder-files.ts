import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { scanCsv } from '../registry/read/csv.ts'

/**
 * Recorded feeders as they are published (the IEEE European LV feeder `eulv`, the EPRI circuit 5 `ckt5`): lines between
 * buses, transformers, customers. Both in one form.
 */
export type FeederName = 'eulv' | 'ckt5'

export interface FeederBranch {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly kind: 'section' | 'switch' | 'service' | 'transformer'
  /** How many phases it has. */
  readonly phases: number
  /** Open in normal operation. */
  readonly open: boolean
  /** Of a transformer: rating and voltage of its lower side. */
  readonly kva: number
  readonly kv: number
}

export interface FeederCustomer {
  readonly id: string
  readonly bus: string
  readonly phase: 'A' | 'B' | 'C'
  readonly kv: number
  readonly kva: number
  /** Load shape, as the data names it. */
  readonly profile: string
}

export interface Feeder {
  readonly name: FeederName
  /** Bus that feeds all others, and its voltage, kV. */
  readonly source: string
  readonly sourceKv: number
  readonly branches: readonly FeederBranch[]
  readonly customers: readonly FeederCustomer[]
}

const SOURCES: Readonly<Record<FeederName, { source: string; sourceKv: number }>> = {
  eulv: { source: 'sourcebus', sourceKv: 11 },
  ckt5: { source: 'mdv_sub_1_hsb', sourceKv: 115 }
}

type Row = Readonly<Record<string, string>>

/** Reads a feeder from the folder of its CSV files, which may be gzipped. @throws Error when a file is missing */
export function readFeeder(folder: string, name: FeederName): Feeder {
  const lines = readRows(folder, `${name}_lines.csv`).map(readLine)
  const transformers = readRows(folder, `${name}_transformers.csv`).map(readTransformer)
  const customers = readRows(folder, `${name}_customers.csv`).map(readCustomer)
  return { name, ...SOURCES[name], branches: [...transformers, ...lines], customers }
}

function readLine(row: Row): FeederBranch {
  const isService = row.kind === 'service'
  return {
    id: row.line ?? '',
    from: row.bus1 ?? '',
    to: row.bus2 ?? '',
    kind: isService ? 'service' : row.switch === 'y' ? 'switch' : 'section',
    phases: Number(row.phases),
    open: row.enabled === 'False',
    kva: Number.NaN,
    kv: Number.NaN
  }
}

const readTransformer = (row: Row): FeederBranch => ({
  id: row.transformer ?? '',
  from: row.hv_bus ?? '',
  to: row.lv_bus ?? '',
  kind: 'transformer',
  phases: Number(row.phases ?? 3),
  open: false,
  kva: Number(row.kVA),
  kv: Number(row.lv_kV)
})

const readCustomer = (row: Row): FeederCustomer => ({
  id: row.customer ?? '',
  bus: row.bus ?? '',
  phase: (['A', 'B', 'C'] as const)[Number(row.phase) - 1] ?? 'A',
  kv: Number(row.kV),
  kva: Number(row.kW) / Number(row.PF),
  profile: row.profile ?? ''
})

function readRows(folder: string, file: string): Row[] {
  const path = join(folder, file)
  const bytes = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`))
  let header: readonly string[] | undefined
  const rows: Row[] = []
  const onBroken = (line: number, message: string): void => {
    throw new Error(`${file}:${line}: ${message}`)
  }
  scanCsv(
    bytes,
    cells => {
      if (header === undefined) header = cells
      else rows.push(Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ''])))
    },
    onBroken
  )
  return rows
}
