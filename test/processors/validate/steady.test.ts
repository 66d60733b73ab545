import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuditBook } from '../../../processors/audit-book.ts'
import { StepOutput } from '../../../processors/output.ts'
import { SteadyWay } from '../../../processors/validate/intervals/steady.ts'
import { UnknownMeters } from '../../../processors/validate/exchange/unknown-meters.ts'
import { LateReadings } from '../../../processors/validate/late/late-readings.ts'
import { Validation } from '../../../processors/validate/validation.ts'
import type { ValidationState } from '../../../processors/validate/validation-state.ts'
import { ReadingWindow } from '../../../processors/validate/window/window.ts'
import { DecodedFrame } from '../../../src/codecs/decoded-frame.ts'
import { decodeJsonReadings } from '../../../src/codecs/json-readings.ts'
import { seededRandom } from '../../../src/random.ts'
import { encodeIntervals, encodeReadings } from '../../../src/records/results-record.ts'
import { smallRegistry, traffic } from '../../support/traffic.ts'

const START = Date.UTC(2026, 10, 18)
const settings = { pastDays: 45, futureMinutes: 5, maxReadings: 10_000, limitFactor: 1.2, minimumSteps: 5 }
const registry = smallRegistry(12, 3)
/** Registries that follow each other on the way: no transformers, then some meters', then all. */
const registries = [() => 1, (meter: number) => (meter % 4 === 0 ? 10 : 1), () => 10].map(
  (ratioOf, index) => ({
    ...registry,
    version: index + 1,
    meters: { ...registry.meters, ct: registry.meters.ct.map((_, meter) => ratioOf(meter)) }
  })
)
/** Frames under each of them. */
const FRAMES_EACH = 350

/** Counts what the short way takes. */
class CountingWay extends SteadyWay {
  taken = 0

  override take(...given: Parameters<SteadyWay['take']>): ReturnType<SteadyWay['take']> {
    const judgement = super.take(...given)
    if (judgement !== undefined) this.taken++
    return judgement
  }
}

function rig(steady: Pick<SteadyWay, 'take'>, capacity: number) {
  const state: ValidationState = {
    window: new ReadingWindow(capacity, false),
    late: new LateReadings(),
    unknown: new UnknownMeters(),
    falls: new Map(),
    revision: 0
  }
  const audit = new AuditBook()
  const validation = new Validation(state, audit, settings, steady)
  validation.setRegistry(registry, 0, new StepOutput())
  return { validation, audit, out: new StepOutput() }
}

// With four entries most meters soon wait for answers that nobody gives here, and go the whole way.
for (const { capacity, least } of [
  { capacity: 4, least: 50 },
  { capacity: 32, least: 1500 }
]) {
  test(`steady way: without it everything comes out the same (window of ${capacity})`, () => {
    const way = new CountingWay()
    const short = rig(way, capacity)
    const whole = rig({ take: () => undefined }, capacity)
    const frame = new DecodedFrame()
    const random = seededRandom('primary')
    let seq = 0
    for (const { terminal, topic, payload } of traffic(seededRandom('steady'), 12, 3, START, 300)) {
      if (topic !== 0 || decodeJsonReadings(payload, 10_000, frame) !== undefined) continue
      if (seq % FRAMES_EACH === 0) {
        const next = registries[seq / FRAMES_EACH] ?? registry
        for (const { validation, out } of [short, whole]) validation.setRegistry(next, 0, out)
      }
      // One terminal sends primary values, now and then all do.
      const isPrimary = terminal === 'T2' || random.next() < 0.01
      frame.primary.fill(isPrimary ? 1 : 0, 0, frame.rows)
      const origin = {
        log: 'frames' as const,
        seq: ++seq,
        at: START + 5 * 86_400_000 + seq,
        terminal,
        topic: 'readings'
      }
      for (const { validation, out } of [short, whole]) validation.takeFrame(origin, frame, out)
    }
    assert.deepEqual(
      encodeReadings(short.out.readings.columns()),
      encodeReadings(whole.out.readings.columns())
    )
    assert.deepEqual(
      encodeIntervals(short.out.intervals.columns()),
      encodeIntervals(whole.out.intervals.columns())
    )
    assert.deepEqual(short.out.quarantine, whole.out.quarantine)
    assert.deepEqual(short.out.requests, whole.out.requests)
    assert.deepEqual(short.audit.save(), whole.audit.save())
    const { stored } = short.audit.total.readings
    assert.ok(way.taken > least, `${way.taken} of ${stored} went the short way`)
    assert.ok(way.taken < stored, 'some went the whole way')
  })
}
