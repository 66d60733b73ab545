import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodedFrame } from '../../src/codecs/decoded-frame.ts'
import { decodeJsonReadings } from '../../src/codecs/json-readings.ts'
import { FIELD, FIELDS, READING_KINDS } from '../../src/model/fields.ts'
import { makeDistrict } from '../../src/simulator/district.ts'
import { readDistrict, rowMessages, shownColumns, shownRow } from '../../src/simulator/district-readings.ts'
import { messagesOf } from '../../src/simulator/replay-messages.ts'
import type { MeterSeries } from '../../src/simulator/replay-source.ts'

const NOON = Date.UTC(2026, 10, 20, 4)

function decode(payload: string): DecodedFrame {
  const frame = new DecodedFrame()
  assert.equal(decodeJsonReadings(Buffer.from(payload), 10000, frame), undefined)
  assert.deepEqual(frame.refused, [])
  assert.equal(frame.unknownFields, 0)
  assert.ok(frame.extras.every(text => text === ''))
  return frame
}

const cells = (frame: DecodedFrame, row: number): (string | number | undefined)[] => [
  frame.meter[row],
  frame.time[row],
  frame.kind[row],
  ...FIELDS.map((_, field) => frame.value(row, field))
]

test('the server reads the district the same from columns and from rows', () => {
  const district = makeDistrict('demo', 120)
  for (const readings of readDistrict(district, NOON, 900000).values()) {
    const columns = decode(shownColumns('curve', NOON, readings))
    const [message = ''] = rowMessages(
      'curve',
      readings.map(reading => shownRow(reading, NOON)),
      100
    )
    const rows = decode(message)
    assert.equal(columns.rows, readings.length)
    readings.forEach((reading, row) => {
      assert.deepEqual(cells(rows, row), cells(columns, row))
      assert.equal(rows.meter[row], reading.meter)
      assert.equal(READING_KINDS[rows.kind[row]!], 'curve')
      assert.equal(rows.value(row, FIELD.importKwh), reading.registerSteps / 100)
      assert.equal(Number.isNaN(rows.value(row, FIELD.voltageVB)), reading.voltageV.length === 1)
    })
  }
})

test('the server reads the exact registers of a replay', () => {
  const steps = Float64Array.from({ length: 5000 }, (_, i) => (i * 7919) % 115000000)
  const series: MeterSeries = {
    meter: '1000317',
    intervalMs: 900000,
    starts: Float64Array.from({ length: 5000 }, (_, i) => NOON + i * 900000),
    registers: [{ name: 'importKwh', units: steps, unitsPerKwh: 1000000 }],
    gauges: []
  }
  let sum = 0
  let row = 0
  for (const { payload } of messagesOf([series], 0, 100)) {
    const frame = decode(payload)
    for (let i = 0; i < frame.rows; i++) {
      if (row > 0) sum += steps[row - 1]!
      assert.equal(frame.value(i, FIELD.importKwh), sum / 1000000)
      assert.equal(frame.time[i], NOON + row * 900000)
      row++
    }
  }
  assert.equal(row, 5001)
})
