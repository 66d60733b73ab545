import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { testEnvironment } from '../../src/config.ts'
import { isError } from '../../src/errors.ts'
import { countReadings, messagesOf, readingsOf } from '../../src/simulator/replay-messages.ts'
import {
  expectedWeekly,
  lastEnd,
  type MeterSeries,
  type ReplayFormat,
  replaySource,
  scaledInteger,
  WEEK_MS,
  weekStart,
  wholeWeekShift
} from '../../src/simulator/replay-source.ts'

const SGSC = `customer_id,reading_datetime,general_supply_kwh
11,2012-02-10T08:00:00,0.141
11,2012-02-10T08:30:00,0.088
11,2012-02-10T10:00:00,0.5
12,2012-02-10T08:30:00,1
`

const IHEPC = `datetime,Global_active_power,Global_reactive_power,Voltage,Global_intensity,Sub_metering_1,Sub_metering_2,Sub_metering_3
2006-12-17 00:00:00,1.044,0.152,242.73,4.4,0.0,2.0,0.0
2006-12-17 00:01:00,1.52,0.22,242.2,7.4,0.0,1.0,0.0
2006-12-17 00:02:00,3.038,0.194,240.14,12.6,0.0,2.0,0.0
`

const swissRow = (week: string, id: string, kwh: string): string =>
  [week, id, ...new Array(672).fill(kwh)].join(',')
const SWISS_HEADER = [
  'week',
  'VID',
  ...Array.from({ length: 672 }, (_, i) => `V${String(i + 1).padStart(3, '0')}`)
].join()

function writeSample(context: TestContext, text: string, name = 'sample.csv'): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-replay-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, name)
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return path
}

async function readAll(format: ReplayFormat, path: string): Promise<MeterSeries[]> {
  return Array.fromAsync(replaySource(format, path))
}

const at = (text: string): number => Date.parse(`${text}Z`)

test('half hours: a gap has no reading of its own and the register stands still in it', async context => {
  const [first, second] = await readAll('sgsc', writeSample(context, SGSC, 'sample.csv.gz'))
  assert.ok(first !== undefined && second !== undefined)
  assert.deepEqual(
    [...readingsOf(first, 0)].map(reading => reading.text),
    [
      `{"meter":"11","time":${at('2012-02-10T08:00')},"importKwh":0.000000}`,
      `{"meter":"11","time":${at('2012-02-10T08:30')},"importKwh":0.141000}`,
      `{"meter":"11","time":${at('2012-02-10T09:00')},"importKwh":0.229000}`,
      `{"meter":"11","time":${at('2012-02-10T10:00')},"importKwh":0.229000}`,
      `{"meter":"11","time":${at('2012-02-10T10:30')},"importKwh":0.729000}`
    ]
  )
  assert.equal(countReadings(first), 5)
  assert.equal(countReadings(second), 2)
})

test('minutes: kilowatts become registers without drift, the rest is sent as the file writes it', async context => {
  const [house] = await readAll('ihepc', writeSample(context, IHEPC))
  assert.ok(house !== undefined)
  const readings = [...readingsOf(house, WEEK_MS)]
  assert.equal(readings.length, 4)
  assert.deepEqual(JSON.parse(readings[0]?.text ?? ''), {
    meter: 'ihepc',
    time: at('2006-12-24T00:00'),
    importKwh: 0,
    importKvarh: 0
  })
  // (1.044 + 1.520 + 3.038) / 60 = 0.0933667 kWh; (0.152 + 0.220 + 0.194) / 60 = 0.0094333 kvarh.
  assert.equal(
    readings[3]?.text,
    `{"meter":"ihepc","time":${at('2006-12-24T00:03')},"importKwh":0.093367,"importKvarh":0.009433,` +
      '"activePowerKw":3.038,"reactivePowerKvar":0.194,"voltageV":240.14,"currentA":12.6}'
  )
})

test('weeks of quarter hours follow each other, a missing week is a gap', async context => {
  const rows = [swissRow('w44', '7', '0.25'), swissRow('w44', '8', '0.01'), swissRow('w46', '7', '0.5')]
  const path = writeSample(context, [SWISS_HEADER, ...rows].join('\n'))
  const [seven, eight] = await readAll('swiss', path)
  assert.ok(seven !== undefined && eight !== undefined)
  assert.equal(countReadings(seven), 673 + 673)
  const texts = [...readingsOf(seven, 0)].map(reading => reading.text)
  assert.equal(texts[672], `{"meter":"7","time":${at('2018-11-05T00:00')},"importKwh":168.000000}`)
  assert.equal(texts[673], `{"meter":"7","time":${at('2018-11-12T00:00')},"importKwh":168.000000}`)
  assert.equal(texts.at(-1), `{"meter":"7","time":${at('2018-11-19T00:00')},"importKwh":504.000000}`)
  assert.deepEqual(
    [...((await expectedWeekly('swiss', path)).get('7') ?? [])],
    [
      [at('2018-10-29T00:00'), 168],
      [at('2018-11-12T00:00'), 336]
    ]
  )
})

test('messages of a terminal hold all its meters in order of time', async context => {
  const all = await readAll('sgsc', writeSample(context, SGSC))
  const messages = [...messagesOf(all, 0, 3)]
  assert.deepEqual(
    messages.map(message => message.readings),
    [3, 3, 1]
  )
  const readings = messages.flatMap(message => {
    const parsed = JSON.parse(message.payload) as {
      kind: string
      readings: { meter: string; time: number }[]
    }
    assert.equal(parsed.kind, 'curve')
    return parsed.readings
  })
  assert.deepEqual(
    readings.map(reading => reading.meter),
    ['11', '11', '12', '11', '12', '11', '11']
  )
  assert.deepEqual(
    readings.map(reading => reading.time),
    readings.map(reading => reading.time).toSorted((a, b) => a - b)
  )
})

test('whole weeks are added, so that the end is at or before now', () => {
  const end = at('2018-12-17T00:00')
  for (const [now, expected] of [
    ['2026-11-21T12:00', '2026-11-16T00:00'],
    ['2026-11-23T00:00', '2026-11-23T00:00'],
    ['2026-11-22T23:59', '2026-11-16T00:00'],
    ['2018-12-16T00:00', '2018-12-10T00:00']
  ] as const) {
    assert.equal(end + wholeWeekShift(end, at(now)), at(expected), now)
  }
  assert.equal(weekStart(at('2026-11-22T23:59')), at('2026-11-16T00:00'))
  assert.equal(weekStart(at('2026-11-23T00:00')), at('2026-11-23T00:00'))
})

test('decimals are read as whole numbers', () => {
  assert.equal(scaledInteger('0.1', 6), 100000)
  assert.equal(scaledInteger('115.123456', 6), 115123456)
  assert.equal(scaledInteger('7', 3), 7000)
  assert.equal(scaledInteger('2.5000000', 3), 2500)
  for (const bad of ['', '1e3', '-1', '1,5', '0.0000001', 'NaN'])
    assert.throws(() => scaledInteger(bad, 6), bad)
})

test('what does not fit the format is named by line', async t => {
  const cases: [string, ReplayFormat, string, RegExp][] = [
    ['wrong header', 'swiss', SGSC, /line 1: the header is not that of format swiss/],
    ['not a number', 'sgsc', `${SGSC}12,2012-02-10T09:00:00,a\n`, /line 6: "a" is not a number/],
    ['not a time', 'sgsc', `${SGSC}12,10.02.2012,1\n`, /line 6: "10.02.2012" is not a time/],
    ['time goes back', 'sgsc', `${SGSC}12,2012-02-10T08:30:00,1\n`, /line 6: .* does not follow/],
    ['cell missing', 'sgsc', `${SGSC}12,2012-02-10T09:00:00\n`, /line 6: 2 cells instead of 3/],
    ['empty file', 'sgsc', '', /is empty/]
  ]
  for (const [name, format, text, expected] of cases) {
    await t.test(name, async context => {
      await assert.rejects(
        readAll(format, writeSample(context, text)),
        (error: unknown) => isError(error, 'SENDER_FORMAT') && expected.test(error.message)
      )
    })
  }
  await t.test('no file', async () => {
    await assert.rejects(readAll('sgsc', '/nowhere/x.csv.gz'), (error: unknown) =>
      isError(error, 'SENDER_FORMAT')
    )
  })
})

const shared = join(testEnvironment().shared, 'data')
const skip = existsSync(shared) ? false : `the shared data set is not at ${shared}; set GRIDVIGIL_SHARED`

test('the Swiss file: every interval once, weeks equal to the file', { skip }, async () => {
  const path = join(shared, 'households/swiss_15min_open.csv.gz')
  const all = await readAll('swiss', path)
  assert.equal(all.length, 252)
  assert.equal(
    all.reduce((sum, series) => sum + series.starts.length, 0),
    1185408
  )
  assert.equal(lastEnd(all), at('2018-12-17T00:00'))
  const weekly = await expectedWeekly('swiss', path)
  // Summed here from the file itself, in plain floating point.
  const lines = gunzipSync(readFileSync(path)).toString().trim().split('\n').slice(1)
  for (const line of lines) {
    const [week = '', meter = '', ...cells] = line.split(',')
    const sum = cells.reduce((total, cell) => total + Number(cell), 0)
    const start = at('2018-10-29T00:00') + (Number(week.slice(1)) - 44) * WEEK_MS
    assert.ok(
      Math.abs((weekly.get(meter)?.get(start) ?? NaN) - sum) < 1e-9 * Math.max(1, sum),
      `${meter} ${week}`
    )
  }
  // What a server would see: register differences over each week.
  for (const series of all) {
    const registers = new Map<number, number>()
    for (const { time, text } of readingsOf(series, 0)) {
      if (weekStart(time) === time) registers.set(time, JSON.parse(text).importKwh)
    }
    for (const [start, kwh] of weekly.get(series.meter) ?? []) {
      const used = (registers.get(start + WEEK_MS) ?? NaN) - (registers.get(start) ?? NaN)
      assert.ok(Math.abs(used - kwh) < 1e-9 * Math.max(1, kwh, registers.get(start) ?? 0), series.meter)
    }
  }
})

test('the half-hour and the minute file: rows and gaps as documented', { skip }, async () => {
  const half = await readAll('sgsc', join(shared, 'households/sgsc_30min_open.csv.gz'))
  assert.equal(half.length, 5)
  assert.equal(
    half.reduce((sum, series) => sum + series.starts.length, 0),
    156871
  )
  const gaps = half.map(series => countReadings(series) - series.starts.length - 1)
  assert.deepEqual(Object.fromEntries(half.map((series, i) => [series.meter, gaps[i]])), {
    10006414: 1,
    10006704: 46,
    10017562: 3,
    10017994: 45,
    10018064: 0
  })
  const [house] = await readAll('ihepc', join(shared, 'minute/ihepc_1min_open.csv.gz'))
  assert.ok(house !== undefined)
  assert.equal(countReadings(house), 40321)
})
