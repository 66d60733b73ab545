import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SupplyLine } from '../../../src/model/supply.ts'
import { joined } from '../../../src/records/bytes.ts'
import { type Random, seededRandom } from '../../../src/random.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { MINUTE, newPipeline, type OutageTape, SECOND } from '../../support/outage-feed.ts'
import { quiet, reading, registryOf } from './hospital-tape.ts'
import { HOSPITAL, sectionOf, sourceOf } from './plant.ts'

/** Whatever is told, in whatever order: a restart at any record changes no line, and what is settled has neither hole nor overlap. */

const TRUCK = sourceOf('TRK', { kind: 'truck', usagePoint: '', meter: '', terminal: 'K' })
const CUSTOMER = { ...HOSPITAL, sources: [...HOSPITAL.sources, TRUCK] }
const MANUAL = sectionOf('S3', { allowedGapS: Number.NaN, transfer: 'manual' })
const BEFORE = registryOf(CUSTOMER)
const AFTER: Registry = {
  ...registryOf({ ...CUSTOMER, sections: [...CUSTOMER.sections, MANUAL] }),
  hash: 'two'
}

const [TAPES, RECORDS] = [15, 40]

class Teller {
  readonly #random: Random
  readonly #tape: OutageTape
  #version = 1

  constructor(seed: string) {
    this.#random = seededRandom(seed)
    this.#tape = quiet()
  }

  tell(): OutageTape {
    for (let i = 0; i < RECORDS; i++) {
      const at = this.#tape.now - (this.#is(0.3) ? this.#random.integer(600) * SECOND : 0)
      this.#one(at)
      this.#tape.pass(this.#pick([1, 2, 5, 30, 90]) * SECOND)
    }
    return this.#tape
  }

  #is = (share: number): boolean => this.#random.next() < share
  #pick = <T>(all: readonly T[]): T => all[this.#random.integer(all.length)] as T

  #one(at: number): void {
    const tape = this.#tape
    const kinds = [
      () => this.#plant(at),
      () => this.#plant(at),
      () =>
        tape.publish('K', 'readings', {
          ...{ kind: 'instant', time: at, collectedAt: at },
          readings: [reading('M-G1', this.#pick([100, 100, 0])), reading('M-G2', this.#pick([100, 100, 0]))]
        }),
      () =>
        tape.events('K', {
          ...{ type: this.#pick(['power-down', 'power-up', 'last-gasp']), origin: 'meter' },
          ...{ meter: this.#pick(['M-G1', 'M-G2']), time: at }
        }),
      () => this.#seen(at),
      () =>
        tape.events('K', {
          ...{ type: 'power-outage-record', origin: 'meter', meter: 'M-G1' },
          ...{ start: at - MINUTE, end: at, time: at }
        }),
      () => this.#is(0.3) && tape.registry(this.#version++ % 2 === 1 ? 'two' : BEFORE.hash, this.#version),
      () => this.#truck(at),
      () =>
        tape.events('K', {
          ...{ type: this.#pick(['truck-attached', 'truck-detached']), origin: 'terminal' },
          ...{ source: this.#pick(['TRK', 'T2']), time: at }
        }),
      () => (this.#is(0.5) ? tape.disconnect('K') : tape.connect('K'))
    ]
    this.#pick(kinds)()
  }

  #plant(at: number): void {
    const position = () => this.#pick(['G1', 'G1', 'G2', 'GEN', 'open', '', 'X9'])
    const mode = this.#is(0.8) ? { mode: this.#pick(['auto', 'manual', 'off']) } : {}
    this.#tape.publish('K', 'backup', {
      time: at,
      ...(this.#is(0.7) && { generators: [{ source: 'GEN', running: this.#is(0.4), ...mode }] }),
      switches: CUSTOMER.sections.map(({ id }) => ({
        ...{ section: id, position: position(), fault: this.#is(0.1) },
        ...(this.#is(0.8) && { auto: this.#is(0.8) })
      })),
      ups: [{ source: 'UPS', mode: this.#pick(['line', 'line', 'battery', 'off']) }]
    })
  }

  #seen(at: number): void {
    const about = this.#is(0.5)
      ? { section: this.#pick(['S1', 'S2']), fact: this.#pick(['dark', 'withdrawn'] as const) }
      : { source: this.#pick(['G1', 'G2']), fact: 'live' as const }
    const validUntil = at + this.#pick([MINUTE, 10 * MINUTE])
    this.#tape.observe({ keyCustomer: 'H1', ...about, observedAt: at, validUntil })
  }

  #truck(at: number): void {
    const left = this.#is(0.5) ? { detachedAt: at + this.#random.integer(60) * SECOND } : {}
    const stay = { source: this.#pick(['TRK', 'T2']), sections: ['S1'], attachedAt: at }
    this.#tape.truck({ keyCustomer: 'H1', ...stay, ...left, validUntil: at + 5 * MINUTE })
  }
}

function play({ inputs }: OutageTape, isSaved: (place: number) => boolean): SupplyLine[] {
  let pipeline = newPipeline(BEFORE, AFTER)
  const lines: SupplyLine[] = []
  inputs.forEach(({ log, record }, place) => {
    if (isSaved(place)) {
      const saved = joined(pipeline.save())
      pipeline = newPipeline(BEFORE, AFTER)
      pipeline.load(saved)
    }
    pipeline.take(log, record)
    lines.push(...pipeline.out.supply)
    pipeline.out.reset()
  })
  return lines
}

/** Each line painted over those before it. */
function settled(lines: readonly SupplyLine[]): { from: number; to: number }[] {
  let stretches: { from: number; to: number }[] = []
  for (const { from, end: to = Number.POSITIVE_INFINITY } of lines) {
    const rest = stretches.flatMap(each => [
      ...(each.from < from ? [{ from: each.from, to: Math.min(each.to, from) }] : []),
      ...(each.to > to ? [{ from: Math.max(each.from, to), to: each.to }] : [])
    ])
    stretches = [...rest, { from, to }].sort((a, b) => a.from - b.from)
  }
  return stretches
}

test('a restart at any record changes no line, and what is settled has neither hole nor overlap', () => {
  for (let round = 0; round < TAPES; round++) {
    const tape = new Teller(`supply-restart-${round}`).tell()
    const cuts = seededRandom(`cuts-${round}`)
    const lines = play(tape, () => false)
    const text = (all: readonly SupplyLine[]): string[] => all.map(line => JSON.stringify(line))
    assert.deepEqual(text(play(tape, () => cuts.next() < 0.2)), text(lines), `tape ${round}`)
    const stretches = settled(lines)
    for (const [i, { from }] of stretches.slice(1).entries())
      assert.equal(from, stretches[i]?.to, `tape ${round}`)
  }
})
