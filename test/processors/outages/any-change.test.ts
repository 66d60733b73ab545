import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DECISION_ACTS } from '../../../src/model/decisions.ts'
import type { IncidentLine, OutageLines } from '../../../src/model/outages.ts'
import { type Random, seededRandom } from '../../../src/random.ts'
import { SWITCH_STATE } from '../../../src/records/gateway-record.ts'
import { pick } from '../../support/hostile-frames.ts'
import { MINUTE, type OutageTape, play, SECOND, T0 } from '../../support/outage-feed.ts'
import { type DrawnRow, drawRegistry, TOWN } from '../../support/outage-registry.ts'
import { quietTown, READ } from './busy-town.ts'

// Registries, switches and decisions that change in the middle of outages: the lines hold together, and a restart gives the same.
const METERS = TOWN.meters.flatMap(({ ids }) => ids)
const DEVICES = TOWN.devices.map(([id]) => id)
const TERMINALS = Object.keys(READ)
/** FUZZ_SEED=17 runs one seed alone. */
const ONE = process.env.FUZZ_SEED
const SEEDS = ONE === undefined ? [1, 2, 3, 4, 5, 13] : [Number(ONE)]

/** The town as another import has it: meters that are gone or were never there, a transformer on another feeder, terminals in another order. */
function otherTown(version: number): ReturnType<typeof drawRegistry> {
  const random = seededRandom(`other-town/${version}`)
  const isMoved = random.next() < 0.5
  const devices = TOWN.devices.map(
    (row): DrawnRow => (row[0] === 'TC' && isMoved ? ['TC', 'transformer', 'FB'] : row)
  )
  const kept = TOWN.meters.map(row => ({ ...row, ids: row.ids.filter(() => random.next() < 0.85) }))
  const removed = TOWN.meters.map((row, i) => ({
    ...row,
    ids: row.ids.filter(id => kept[i]?.ids.includes(id) !== true && random.next() < 0.5),
    removedAt: T0 + MINUTE
  }))
  const meters = [...kept, ...removed].filter(({ ids }) => ids.length > 0)
  const terminals = random.next() < 0.5 ? TOWN.terminals!.toReversed() : TOWN.terminals!
  return drawRegistry({ devices, meters, terminals, numbers: METERS, version, hash: `town ${version}` })
}

const registries = [drawRegistry(TOWN), ...[2, 3, 4, 5].map(otherTown)]

function anything(random: Random, tape: OutageTape): void {
  const terminal = pick(random, TERMINALS)
  const some = READ[terminal]!.filter(() => random.next() < 0.6)
  const ago = random.integer(7200) * SECOND
  const about =
    random.next() < 0.7
      ? `I${1 + random.integer(8)}`
      : { device: pick(random, DEVICES), time: tape.now - ago }
  const acts: readonly (() => unknown)[] = [
    () => tape.gasp(terminal, some, random.integer(30) * SECOND),
    () => tape.gasp(terminal, READ[terminal]!),
    () => tape.powerUp(terminal, some),
    () => tape.record(terminal, some, tape.now - ago - MINUTE, tape.now - random.integer(600) * SECOND),
    () => tape.read(terminal, some),
    () => tape.read(terminal, READ[terminal]!),
    () => tape.status(terminal, { supply: pick(random, ['mains', 'battery']), bootCount: random.integer(4) }),
    () => tape.connect(terminal),
    () => tape.disconnect(terminal, pick(random, ['clean', 'lost', 'shutdown'])),
    () => tape.registry(pick(random, registries).hash, 1),
    () =>
      tape.control(SWITCH_STATE, {
        device: pick(random, DEVICES),
        state: pick(random, ['open', 'closed']),
        time: tape.now
      }),
    () =>
      tape.decide({
        incident: about,
        act: pick(random, DECISION_ACTS),
        device: pick(random, DEVICES),
        into: `I${1 + random.integer(8)}`
      } as never)
  ]
  pick(random, acts)()
}

/** What holds of any life, whoever decides and whatever is imported. */
function assertSane({ incidents, alarms }: OutageLines, what: string): void {
  for (const line of incidents) {
    const said = `${what}: ${JSON.stringify(line)}`
    assert.ok(Number.isFinite(line.start) && line.start <= line.at + MINUTE, said)
    if (line.end !== null) assert.ok(line.end >= line.start && line.end <= line.at + MINUTE, said)
    if (line.state === 'restored' || line.state === 'closed') assert.ok(line.end !== null, said)
    if (line.state === 'closed') assertSteps(line, said)
    assert.ok(line.device !== '' && !line.device.includes('undefined'), said)
  }
  const over = new Set<string>()
  for (const line of alarms) {
    assert.ok(!over.has(line.id), `${what}: ${JSON.stringify(line)} after it was resolved`)
    if (line.state === 'resolved') over.add(line.id)
  }
}

/** Each usage point comes back once, within the incident. */
function assertSteps({ usagePoints = [], steps = [], start, end }: IncidentLine, said: string): void {
  assert.equal(new Set(usagePoints).size, usagePoints.length, said)
  assert.equal(
    steps.reduce((sum, step) => sum + step.usagePoints, 0),
    usagePoints.length,
    said
  )
  for (const step of steps) assert.ok(step.end >= start && step.end <= end! + 1, said)
}

for (const seed of SEEDS)
  test(`whatever is imported, switched and decided meanwhile, lives hold together and a restart says the same (seed ${seed})`, () => {
    const random = seededRandom(`any-change/${seed}`)
    const tape = quietTown()
    for (let i = 0; i < 250; i++) {
      anything(random, tape)
      if (random.next() < 0.7) tape.pass(random.integer(30) * SECOND)
      if (random.next() < 0.05) tape.pass(random.integer(15) * MINUTE)
    }
    tape.pass(25 * MINUTE)
    const truth = play(tape, registries)
    assert.ok(truth.incidents.length > 0 && truth.decisions.length > 0, 'something is said and decided')
    assertSane(truth, `seed ${seed}`)
    assert.deepEqual(
      play(tape, registries, place => place % 173 === seed % 173),
      truth
    )
  })
