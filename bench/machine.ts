import { execFileSync } from 'node:child_process'
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync
} from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../src/clock.ts'

/** Where figures come from: printed and kept with every run, because absolute figures mean little without it. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
  readonly versions: Readonly<Record<string, string>>
}

export interface Revision {
  readonly commit: string
  /** Files differ from the commit or are not in it (results of benchmarks and ignored files excepted). */
  readonly dirty: boolean
}

const PROJECT = join(import.meta.dirname, '..')
const PACKAGES = ['aedes', 'zod', '@duckdb/node-api', '@influxdata/influxdb-client', 'fastify']

export function describeMachine(): Machine {
  const versions = Object.fromEntries(
    PACKAGES.map(name => {
      const text = readOptional(join(PROJECT, 'node_modules', name, 'package.json'))
      return [name, text === undefined ? 'absent' : (JSON.parse(text) as { version: string }).version]
    })
  )
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    versions: { ...versions, influxd: run('influxd', ['version']).split(' ')[1] ?? 'absent' }
  }
}

export function readRevision(): Revision {
  const commit = run('git', ['-C', PROJECT, 'rev-parse', '--short=12', 'HEAD']) || 'unknown'
  const changes = run('git', ['-C', PROJECT, 'status', '--porcelain', '--', '.', ':!bench/results'])
  return { commit, dirty: changes !== '' }
}

/** One-minute load average. */
export const loadAverage = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100

/** Ticks of all cores since the start of the machine, and those of them that its host gave to others. */
export interface CoreTicks {
  readonly all: number
  readonly stolen: number
}

/** @throws Error where the kernel does not tell */
export function coreTicks(): CoreTicks {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  // cpu user nice system idle iowait irq softirq steal; what guests got is in user already.
  const ticks = line.split(/ +/).slice(1, 9).map(Number)
  return { all: ticks.reduce((sum, each) => sum + each, 0), stolen: ticks[7] ?? 0 }
}

/** How much of the cores the host gave to others since then, percent. */
export function stolenSince(before: CoreTicks): number {
  const now = coreTicks()
  return Math.round((1000 * (now.stolen - before.stolen)) / Math.max(1, now.all - before.all)) / 10
}

const SYNC_ROUNDS = 300
const SYNC_BYTES = 4096
const TMPFS_MAGIC = 0x01021994

/**
 * Median time of write(4 KiB) + fdatasync into a file written before, in the folder the servers will use, ms.
 * @throws Error on tmpfs: a sync costs nothing there and every durable figure would be a lie
 */
export function measureSync(folder: string, clock: Clock): number {
  if (statfsSync(folder).type === TMPFS_MAGIC)
    throw new Error(`${folder} is tmpfs: choose a folder on a disk`)
  const path = join(folder, 'sync.probe')
  const block = Buffer.alloc(SYNC_BYTES, 0x55)
  const file = openSync(path, 'w')
  for (let i = 0; i < SYNC_ROUNDS; i++) writeSync(file, block)
  fsyncSync(file)
  const times: number[] = []
  for (let i = 0; i < SYNC_ROUNDS; i++) {
    const start = clock.monotonic()
    writeSync(file, block, 0, SYNC_BYTES, i * SYNC_BYTES)
    fdatasyncSync(file)
    times.push(clock.monotonic() - start)
  }
  closeSync(file)
  rmSync(path)
  return Math.round(median(times) * 1000) / 1000
}

/**
 * A fixed piece of arithmetic, ms: tells whether the cores were as fast after a run as before.
 */
export function calibrate(clock: Clock): number {
  const start = clock.monotonic()
  let hash = 1
  for (let i = 1; i <= 50_000_000; i++) hash = (Math.imul(hash, 31) + i) | 0
  const elapsed = clock.monotonic() - start
  return Math.round(elapsed + (hash === 0.5 ? 1 : 0))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN
  return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function run(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
