import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodedFrame } from '../../src/codecs/decoded-frame.ts'
import { decodeJsonReadings } from '../../src/codecs/json-readings.ts'
import { FIELD, READING_KINDS } from '../../src/model/fields.ts'
import { columnsText, rowsText, rowText } from '../../src/simulator/collection/messages.ts'
import { messagesOf } from '../../src/simulator/replay-messages.ts'
import type { MeterSeries } from '../../src/simulator/replay-source.ts'
import { Run } from '../../src/simulator/run.ts'
import { parseScenario } from '../../src/simulator/scenario/read-scenario.ts'
import { cityGrid } from '../support/city-grid.ts'

const NOON = Date.UTC(2026, 10, 20, 4)

function decode(payload: string): DecodedFrame {
  const frame = new DecodedFrame()
  assert.equal(decodeJsonReadings(Buffer.from(payload), 10000, frame), undefined)
  assert.deepEqual(frame.refused, [])
  assert.equal(frame.unknownFields, 0)
  assert.ok(frame.extras.every(text => text === ''))
  return frame
}

test('the server reads the same from columns and from rows', () => {
  const scenario = parseScenario('{ name: x, title: { en: x, zh-CN: x }, duration: 1h }', 'x')
  const { context } = new Run({
    grid: cityGrid({ seed: 'demo', meters: 120 }),
    scenario,
    start: NOON,
    seed: '1'
  })
  const [transformer = 0] = context.world.index.grid.checkMeters.map(({ device }) => device)
  const shown = context.transformer(transformer).at(NOON)
  const columns = decode(columnsText('curve', NOON, NOON, shown))
  const rows = decode(
    rowsText(
      'curve',
      NOON,
      shown.map(each => rowText(NOON, each))
    )
  )
  assert.equal(columns.rows, shown.length)
  const inBoth = [FIELD.importKwh, FIELD.exportKwh, FIELD.activePowerKw, FIELD.voltageVA, FIELD.currentAB]
  shown.forEach((each, row) => {
    for (const field of inBoth) assert.deepEqual(rows.value(row, field), columns.value(row, field))
    assert.equal(rows.meter[row], each.meter)
    assert.equal(columns.time[row], NOON)
    assert.equal(READING_KINDS[rows.kind[row]!], 'curve')
    assert.equal(rows.value(row, FIELD.importKwh), each.importSteps / 100)
    assert.equal(Number.isNaN(rows.value(row, FIELD.voltageVB)), each.volts.length === 1)
  })
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
