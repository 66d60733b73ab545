import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { systemClock } from '../src/clock.ts'
import { asError } from '../src/errors.ts'
import { ask, curlOf, Hang } from './fuzz/ask.ts'
import { ApiDocument, type Operation } from './fuzz/document.ts'
import { type Finding, judge } from './fuzz/judge.ts'
import { fuzzRaw } from './fuzz/raw.ts'
import { materialOf } from './fuzz/material.ts'
import { type Asked, requests } from './fuzz/requests.ts'
import { type FuzzSite, openFuzzSite } from './fuzz/site.ts'
import { describeMachine, readRevision } from './machine.ts'
import { printResult, readOptions, tell } from './options.ts'

/**
 * Property-based requests against the real server in one process, generated from the OpenAPI document that it serves
 * and judged by it: no 5xx, documented statuses, media types, codes and bodies, no hang, memory that stays.
 *
 *   node bench/api-fuzz.ts [--requests 100000] [--raw 2000] [--seed 4] [--most-findings 1] [--tag key-customers]
 *
 * Requests come in groups that are under way together; a group that fails is shrunk to one request, told as a curl line.
 */
const DEFAULTS = {
  requests: 100_000,
  raw: 2000,
  seed: 4,
  /** Only operations of that tag; all when left out. */
  tag: '',
  /** Different defects after which it stops looking. */
  'most-findings': 1,
  /** Of living objects, and of all memory of the process. */
  'most-growth-mb': 150,
  'most-resident-growth-mb': 1000
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

const GROUP = 12
const GROUPS_PER_ROUND = 100
const SHRINK_LIMIT_MS = 60_000
const PROGRESS_MS = 10_000
/** Memory is compared from here on: what is compiled and cached is there by then. */
const WARM_SHARE = 0.2

export interface FuzzFigures {
  readonly seed: number
  readonly requests: number
  readonly raw: number
  readonly operations: number
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Operations that never answered with success: what they do then is not proven. */
  readonly neverOk: readonly string[]
  readonly findings: readonly string[]
  readonly slowestMs: number
  readonly slowest: string
  readonly growthMb: number
  readonly residentGrowthMb: number
  readonly seconds: number
}

/** Asks until `requests` are answered or there are findings enough. */
export async function runFuzz(options: Options): Promise<{ pass: boolean; figures: FuzzFigures }> {
  const begun = systemClock.monotonic()
  const site = await openFuzzSite()
  try {
    const document = new ApiDocument((await site.api.inject('/v1/openapi.json')).json())
    const run = new Run(site, document, options)
    await run.asks()
    const raw = await fuzzRaw(site, document, options.raw, options.seed)
    for (const finding of raw.findings) run.report(finding, '')
    const seconds = Math.round((systemClock.monotonic() - begun) / 1000)
    const figures = { ...run.figures(), raw: raw.asked, seconds }
    const isComplete = figures.requests >= options.requests && raw.asked >= options.raw
    const pass =
      isComplete &&
      figures.findings.length === 0 &&
      figures.growthMb <= options['most-growth-mb'] &&
      figures.residentGrowthMb <= options['most-resident-growth-mb']
    return { pass, figures }
  } finally {
    await site.close()
  }
}

class Run {
  readonly #site: FuzzSite
  readonly #document: ApiDocument
  readonly #operations: readonly Operation[]
  readonly #options: Options
  readonly #arbitrary: fc.Arbitrary<Asked[]>
  readonly #statuses = new Map<number, number>()
  readonly #ok = new Set<string>()
  readonly #findings = new Map<string, string>()
  #requests = 0
  #slowestMs = 0
  #slowest = ''
  #warm = { livingMb: 0, residentMb: 0 }

  constructor(site: FuzzSite, document: ApiDocument, options: Options) {
    this.#site = site
    this.#document = document
    this.#options = options
    const { tag } = options
    this.#operations = document.operations.filter(({ tags }) => tag === '' || tags.includes(tag))
    this.#arbitrary = fc.array(requests(materialOf(site, this.#operations)), {
      minLength: 1,
      maxLength: GROUP,
      size: 'max'
    })
  }

  async asks(): Promise<void> {
    const { requests: wanted, seed } = this.#options
    let toldAt = systemClock.monotonic()
    for (let round = 0; this.#requests < wanted && !this.#isEnough; round++) {
      await this.#round(seed + round, Math.min(GROUPS_PER_ROUND, Math.ceil((wanted - this.#requests) / 6)))
      if (this.#warm.residentMb === 0 && this.#requests >= wanted * WARM_SHARE)
        this.#warm = { livingMb: livingMb(), residentMb: residentMb() }
      // Something is always coming in: streams have what to tell.
      await this.#site.publish(
        JSON.stringify({ readings: [{ meter: 'PM', time: systemClock.now(), importKwh: 1 }] })
      )
      if (systemClock.monotonic() - toldAt < PROGRESS_MS) continue
      toldAt = systemClock.monotonic()
      tell(`${this.#requests} of ${wanted} requests, ${residentMb()} MB, slowest ${this.#slowest}`)
    }
  }

  /** Seed of a round, groups of it. Shrinking asks again; what it asks is not counted. */
  async #round(seed: number, groups: number): Promise<void> {
    let isShrinking = false
    const property = fc.asyncProperty(this.#arbitrary, async group => {
      const found = await Promise.all(group.map(asked => this.#one(asked, isShrinking)))
      const finding = found.find(it => it !== undefined)
      if (finding === undefined) return
      isShrinking = true
      throw new Found(finding.finding, finding.asked)
    })
    const result = await fc.check(property, {
      seed,
      numRuns: groups,
      interruptAfterTimeLimit: SHRINK_LIMIT_MS,
      markInterruptAsFailure: false
    })
    const thrown = result.errorInstance
    if (thrown instanceof Found) this.report(thrown.finding, curlOf(thrown.asked, 'http://127.0.0.1:8080'))
    else if (result.failed) throw asError(thrown ?? new Error(fc.defaultReportMessage(result) ?? ''))
  }

  async #one(asked: Asked, isShrinking: boolean): Promise<{ finding: Finding; asked: Asked } | undefined> {
    const begun = systemClock.monotonic()
    const finding = await this.#judged(asked, isShrinking)
    const ms = Math.round(systemClock.monotonic() - begun)
    if (ms > this.#slowestMs) {
      this.#slowestMs = ms
      this.#slowest = `${ms} ms ${asked.method} ${asked.url.slice(0, 60)}`
    }
    if (!isShrinking) this.#requests++
    return finding === undefined || this.#findings.has(finding.sign) ? undefined : { finding, asked }
  }

  async #judged(asked: Asked, isShrinking: boolean): Promise<Finding | undefined> {
    const target = targetOf(asked.url)
    try {
      const answer = await ask(this.#site.api, this.#site.port, asked)
      const { operation } = this.#document.find(asked.method, target.split('?')[0] ?? '/')
      if (!isShrinking) this.#statuses.set(answer.status, (this.#statuses.get(answer.status) ?? 0) + 1)
      if (operation !== undefined && answer.status < 300) this.#ok.add(operation.id)
      return judge(this.#document, asked.method, target, answer)
    } catch (thrown) {
      const { message } = asError(thrown)
      const kind = thrown instanceof Hang ? 'hang' : 'failed'
      return { sign: `${asked.method} ${target.slice(0, 80)}: ${kind}`, detail: message }
    }
  }

  report({ sign, detail }: Finding, curl: string): void {
    if (this.#findings.has(sign)) return
    this.#findings.set(sign, detail)
    tell(`FOUND ${sign}\n  ${detail}\n  ${curl.slice(0, 5000)}`)
  }

  get #isEnough(): boolean {
    return this.#findings.size >= this.#options['most-findings']
  }

  figures(): Omit<FuzzFigures, 'raw' | 'seconds'> {
    const operations = this.#operations
    return {
      seed: this.#options.seed,
      requests: this.#requests,
      operations: operations.length,
      statuses: Object.fromEntries([...this.#statuses].sort(([a], [b]) => a - b)),
      neverOk: operations.filter(({ id }) => !this.#ok.has(id)).map(({ id }) => id),
      findings: [...this.#findings.keys()],
      slowestMs: this.#slowestMs,
      slowest: this.#slowest,
      growthMb: livingMb() - this.#warm.livingMb,
      residentGrowthMb: residentMb() - this.#warm.residentMb
    }
  }
}

class Found extends Error {
  readonly finding: Finding
  readonly asked: Asked

  constructor(finding: Finding, asked: Asked) {
    super(finding.sign)
    this.finding = finding
    this.asked = asked
  }
}

/** Path and query as they reach the server: the client takes dots out and encodes what must be. */
function targetOf(url: string): string {
  const { pathname, search } = new URL(url.startsWith('//') ? `http://x${url}` : url, 'http://localhost')
  return `${pathname}${search}`
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Of this thread, without what waits for the collector. */
function livingMb(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return Math.round((heapUsed + external) / 1_048_576)
}

const residentMb = (): number => Math.round(process.memoryUsage.rss() / 1_048_576)

if (import.meta.main) {
  const { pass, figures } = await runFuzz(readOptions(DEFAULTS, process.argv.slice(2)))
  printResult({ pass, ...figures, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
