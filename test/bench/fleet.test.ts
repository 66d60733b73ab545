import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  createFleet,
  frameOf,
  importCenti,
  meterId,
  slotsFor,
  startBefore,
  timeOf,
  writeFleet
} from '../../bench/fleet.ts'
import { createTemplate, frameText, ROW_BYTES } from '../../bench/payload.ts'

const START = Date.UTC(2026, 10, 20)
const shape = { seed: 3, meters: 40, terminals: 4, batch: 25, slots: 30, slotMs: 900_000, startTime: START }

interface Row {
  meter: string
  time: number
  importKwh: number
  exportKwh: number
  importKvarh: number
  activePowerKw: number
  voltageV: number[]
  currentA: number[]
  powerFactor: number
  frequencyHz: number
}

// A frame holds parts of rounds, whole rounds, or a part of one round of the terminal's ten meters.
for (const batch of [25, 20, 5])
  test(`fleet, batch ${batch}: each reading in one frame, registers rise, P is V I PF`, () => {
    const fleet = createFleet({ ...shape, batch })
    assert.equal(fleet.framesPerTerminal, 300 / batch)
    const seen = new Map<string, Row>()
    for (let terminal = 0; terminal < fleet.terminals; terminal++) {
      for (let frame = 0; frame < fleet.framesPerTerminal; frame++) {
        const { readings } = JSON.parse(frameText(fleet, terminal, frame)) as { readings: Row[] }
        assert.equal(readings.length, batch)
        for (const row of readings) {
          const meter = Number(row.meter.slice(2))
          const slot = (row.time - START) / shape.slotMs
          assert.equal(Math.floor(meter / fleet.metersPerTerminal), terminal)
          assert.equal(frameOf(fleet, meter, slot), frame)
          assert.equal(Math.round(row.importKwh * 100), importCenti(shape.seed, meter, slot))
          seen.set(`${meter}/${slot}`, row)
        }
      }
    }
    assert.equal(seen.size, shape.meters * shape.slots)
    for (let meter = 0; meter < shape.meters; meter++) {
      for (let slot = 1; slot < shape.slots; slot++) {
        const [before, now] = [seen.get(`${meter}/${slot - 1}`)!, seen.get(`${meter}/${slot}`)!]
        assert.ok(now.importKwh > before.importKwh)
        assert.ok(now.exportKwh >= before.exportKwh && now.importKvarh > before.importKvarh)
        const fromPhases = now.voltageV.reduce((sum, v, i) => sum + v * now.currentA[i]!, 0) * now.powerFactor
        assert.ok(
          Math.abs(fromPhases / 1000 - now.activePowerKw) < 0.01,
          `${fromPhases} ${now.activePowerKw}`
        )
      }
    }
  })

test('payload: a packet is one MQTT 3.1.1 publish whose length is right and whose id is patched', () => {
  const fleet = createFleet(shape)
  const template = createTemplate(fleet, 2)
  const packet = template.blank()
  packet[0] = 0x3a
  template.fill(packet, 5, 0x0102)
  assert.equal(packet[0], 0x32, 'the DUP flag is cleared')
  const remaining = (packet[1]! & 127) + (packet[2]! & 127) * 128
  assert.equal(packet.length, 3 + remaining)
  const topic = Buffer.from(packet.subarray(5, 5 + packet[4]!)).toString()
  assert.equal(topic, 'gv1/BT00002/readings')
  assert.deepEqual([...packet.subarray(5 + topic.length, 7 + topic.length)], [1, 2])
  assert.ok(ROW_BYTES > 200 && ROW_BYTES < 300)
})

test('fleet: same seed, same bytes; other seed, other values', () => {
  const text = frameText(createFleet(shape), 1, 3)
  assert.equal(text, frameText(createFleet(shape), 1, 3))
  assert.notEqual(text, frameText(createFleet({ ...shape, seed: 4 }), 1, 3))
})

test('fleet: shapes that do not divide, or would overflow a register, are refused', () => {
  assert.throws(() => createFleet({ ...shape, terminals: 3 }), RangeError)
  assert.throws(() => createFleet({ ...shape, slots: 100_000 }), RangeError)
})

test('fleet: the series ends before now, on a whole slot', () => {
  const now = START + 1_000_000
  const start = startBefore(now, 10, 900_000)
  assert.equal(start % 900_000, 0)
  assert.ok(timeOf(createFleet({ ...shape, startTime: start, slots: 10 }), 9) < now)
  assert.equal(slotsFor(3, 100, 50), 6)
})

test('fleet: registry and credentials name every meter and terminal once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'))
  const { registry, credentials } = writeFleet(createFleet(shape), folder)
  const rows = (name: string): string[] =>
    readFileSync(join(registry, name), 'utf8').trimEnd().split('\n').slice(1)
  assert.equal(rows('meters.csv').length, shape.meters)
  assert.equal(new Set(rows('meters.csv').map(row => row.split(',')[0])).size, shape.meters)
  assert.equal(rows('usage_points.csv').length, shape.meters)
  assert.equal(rows('terminals.csv').length, shape.terminals)
  assert.equal(readFileSync(credentials, 'utf8').trimEnd().split('\n').length, shape.terminals)
  assert.ok(rows('meters.csv')[0]!.startsWith(meterId(0)))
  rmSync(folder, { recursive: true })
})

test('a lean fleet tells five values of one phase', () => {
  const fleet = createFleet({ ...shape, lean: true })
  const full = createFleet(shape)
  const rows = (of: typeof fleet) => (JSON.parse(frameText(of, 1, 3)) as { readings: Row[] }).readings
  assert.deepEqual(
    rows(fleet),
    rows(full).map(({ meter, time, importKwh, activePowerKw, voltageV, currentA, powerFactor }) => ({
      ...{ meter, time, importKwh, activePowerKw, powerFactor },
      voltageV: voltageV[0],
      currentA: currentA[0]
    }))
  )
})
