import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** CPU and memory of processes as the kernel counts them (procfs). Linux only, like the workloads. */
export interface Usage {
  /** User and system time, microseconds. */
  readonly cpuUs: number
  /** High-water mark of resident memory, MiB, summed over the processes. */
  readonly maxRssMb: number
}

/** What the fields of /proc/{pid}/stat say that we need. */
export interface ProcessStat {
  readonly parent: number
  readonly ticks: number
}

let ticksPerSecond = 0

/**
 * One line of /proc/{pid}/stat. The command name may hold spaces and brackets, so fields are counted from the
 * last closing bracket (proc(5): ppid is field 4, utime 14, stime 15).
 */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
}

/** `pid` and all its descendants that live, parents first. */
export function processTree(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const candidate = Number(name)
    const stat = Number.isInteger(candidate) ? readStat(candidate) : undefined
    if (stat !== undefined) parents.set(candidate, stat.parent)
  }
  const tree = parents.has(pid) ? [pid] : []
  for (const member of tree) {
    for (const [child, parent] of parents) if (parent === member) tree.push(child)
  }
  return tree
}

/** Usage of processes since they started. Those that ended count as nothing. */
export function usageOf(pids: readonly number[]): Usage {
  let ticks = 0
  let maxRssMb = 0
  for (const pid of pids) {
    ticks += readStat(pid)?.ticks ?? 0
    maxRssMb += highWaterMb(pid)
  }
  if (ticksPerSecond === 0)
    ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return { cpuUs: (ticks / ticksPerSecond) * 1e6, maxRssMb: Math.round(maxRssMb) }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Sends a signal to processes that we started; those that are gone already are passed over. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended by itself between the listing and the signal.
    }
  }
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

function highWaterMb(pid: number): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
