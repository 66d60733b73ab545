import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BacktestOutput } from '../../commands/backtest/output.ts'
import { BacktestRegistries } from '../../commands/backtest/registries.ts'
import { BacktestRun } from '../../commands/backtest/run.ts'
import { stageSettings } from '../../commands/site/stage-settings.ts'
import { buildConfig } from '../../src/config.ts'
import { decodeJsonBackup } from '../../src/codecs/json-backup.ts'
import { makeCity } from '../../src/simulator/city/city.ts'
import { writeCityRegistry } from '../../src/simulator/city/registry-files.ts'
import type { Line } from '../../src/simulator/collection/context.ts'
import { Terminal } from '../../src/simulator/collection/terminal.ts'
import { TerminalLife } from '../../src/simulator/collection/terminal-life.ts'
import { readGrid } from '../../src/simulator/grid/read-grid.ts'
import { makeGridLoad } from '../../src/simulator/load/grid-load.ts'
import type { Shown } from '../../src/simulator/meters/shown.ts'
import { lineText, Run, withInterval } from '../../src/simulator/run.ts'
import { parseScenario } from '../../src/simulator/scenario/read-scenario.ts'

const START = Date.parse('2026-11-20T08:00:00+08:00')
const HOUR_MS = 3_600_000

const work = mkdtempSync(join(tmpdir(), 'gridvigil-run-'))
after(() => rmSync(work, { recursive: true }))
const registry = join(work, 'registry')
writeCityRegistry(makeCity({ seed: 'run', meters: 300 }), registry)
const grid = readGrid(registry)
const load = makeGridLoad(grid, 'run')

const scenarioOf = (rest: string) =>
  parseScenario(`{ name: run, title: { en: a, zh-CN: a }, ${rest} }`, 'run')
const QUIET = scenarioOf('duration: 24h')
/** As much as a suite brings, and what only steps bring. */
const BUSY =
  scenarioOf(`duration: 8h, random: { outages: 12, losses: 4, shortest: 1m, longest: 40m }, steps: [
  { at: 50m, for: 30s, restart: { on: gateway } },
  { at: 70m, for: 8m, lose: { scope: gateway } },
  { at: 90m, reboot: { on: { kind: terminal }, resends: true } },
  { at: 100m, for: 20m, fail: { on: { kind: feed-line, feed: main } } },
  { at: 105m, for: 10m, fail: { on: { kind: feed-line, feed: standby } } },
  { at: 130m, for: 40m, fail: { on: { kind: fuse, least: 5 }, phases: A } },
  { at: 140m, for: 60m, lose: { scope: carrier, on: { kind: terminal } } },
  { at: 190m, for: 2s, open: { on: { kind: feeder, least: 30 } } },
  { at: 200m, for: 50m, breakNeutral: { on: { kind: box, least: 5 } } },
  { at: 210m, for: 50m, openRelay: { on: { kind: customer } } },
  { at: 220m, for: 50m, blowMeterFuse: { on: { kind: customer }, phases: ABC } },
  { at: 230m, exchangeMeter: { on: { kind: customer } } } ]`)

const play = (scenario: typeof QUIET, seed = 'run', start = START): Run =>
  new Run({ grid, scenario, start, seed }, load)
const textOf = (run: Run): string => [...run.lines()].map(lineText).join('')

test('the same seed gives the same bytes, lines and truth; another seed or another time others', () => {
  const [one, same, other, later] = [
    play(BUSY),
    play(BUSY),
    play(BUSY, 'other'),
    play(BUSY, 'run', START + HOUR_MS)
  ].map(run => {
    const lines = textOf(run)
    return { lines, truth: JSON.stringify(run.truth()) }
  }) as [Played, Played, Played, Played]
  assert.equal(one.lines, same.lines)
  assert.equal(one.truth, same.truth)
  for (const { lines, truth } of [other, later]) {
    assert.notEqual(lines, one.lines)
    assert.notEqual(truth, one.truth)
  }
  // The load of a seed too.
  const drawn = new Run({ grid, scenario: scenarioOf('duration: 30m'), start: START, seed: 'run' })
  assert.equal(textOf(drawn), textOf(play(scenarioOf('duration: 30m'))))
})

interface Played {
  readonly lines: string
  readonly truth: string
}

test('lines stand in order of their time, whole milliseconds, from the beginning of the run to its end', () => {
  for (const scenario of [QUIET, BUSY]) {
    let last = START
    let count = 0
    for (const { at, terminal, topic, text } of play(scenario).lines()) {
      assert.ok(Number.isInteger(at) && at >= last && at < START + scenario.duration, `${at} after ${last}`)
      assert.equal(typeof terminal === 'string' && topic !== '', true)
      JSON.parse(text)
      last = at
      count++
    }
    assert.ok(count > 1000)
  }
})

test('what a plant says is read whole: its generator runs while both feeds are lost, and stands on auto else', () => {
  const seen = new Set<string>()
  for (const { topic, text } of play(BUSY).lines()) {
    if (topic !== 'backup') continue
    const decoded = decodeJsonBackup(new TextEncoder().encode(text), 100)
    assert.ok(typeof decoded === 'object' && decoded.refused.length === 0, text)
    const { time, generators, switches, ups } = decoded.plant
    assert.ok(time >= START && switches.length > 0)
    const bothLost = time - START > 106 * 60_000 && time - START < 114 * 60_000
    for (const { isRunning, mode } of generators) {
      seen.add(`${isRunning} ${mode}`)
      if (bothLost) assert.equal(isRunning, true)
    }
    for (const { mode } of ups) seen.add(mode)
  }
  assert.deepEqual([...seen].sort(), ['battery', 'false auto', 'line', 'true auto'])
})

test('nobody is heard without a link, without a session or while the gateway is away', () => {
  const run = play(BUSY)
  const { world, chance, gasps } = run.context
  const lives = new Map(
    grid.terminals.map(({ id }, number) => [id, new TerminalLife(world, number, chance.named(id))])
  )
  const sessions = new Map<string, string>()
  let [silences, messages] = [0, 0]
  for (const { at, terminal, topic, text } of run.lines()) {
    if (terminal === '') continue
    if (topic === 'session') {
      const { state } = JSON.parse(text)
      assert.notEqual(sessions.get(terminal), state, `${terminal} is ${state} twice`)
      sessions.set(terminal, state)
      if (state === 'disconnected') silences++
      continue
    }
    messages++
    assert.ok(!world.happenings.restarts.some(({ start, end }) => at >= start && at < end))
    // Gasps that need no terminal go their own way.
    if (gasps.isDirect && text.includes('last-gasp')) continue
    assert.ok(lives.get(terminal)!.at(at).isLinked, `${terminal} is heard at ${at} without a link`)
    assert.equal(sessions.get(terminal), 'connected', `${terminal} at ${at}`)
  }
  assert.ok(silences > grid.terminals.length && messages > 1000)
})

interface Reading {
  readonly meter: string
  readonly time: number
  readonly importKwh: number
  readonly exportKwh: number
}

/** Readings of rows, columns and freezes, in order of arrival. */
function readingsOf(lines: Iterable<Line>): Reading[] {
  const readings: Reading[] = []
  for (const { topic, text } of lines) {
    if (topic !== 'readings') continue
    const message = JSON.parse(text)
    const rows: Record<string, unknown>[] =
      message.readings ??
      message.meters.map((meter: string, i: number) => ({
        meter,
        time: message.time,
        importKwh: message.importKwh[i],
        exportKwh: message.exportKwh?.[i]
      }))
    for (const { meter, time, importKwh, exportKwh } of rows)
      readings.push({
        meter: String(meter),
        time: Number(time),
        importKwh: Number(importKwh),
        // Freezes do not say it.
        exportKwh: Number(exportKwh ?? Number.NaN)
      })
  }
  return readings
}

function checkRegisters(readings: readonly Reading[]): void {
  const byMeter = Map.groupBy(readings, ({ meter }) => meter)
  for (const [meter, own] of byMeter) {
    const inOrder = own.toSorted((a, b) => a.time - b.time)
    inOrder.forEach((reading, i) => {
      const { time, importKwh, exportKwh } = reading
      assert.ok(Number.isFinite(importKwh) && importKwh >= 0, `${meter} shows ${importKwh}`)
      const before = inOrder[i - 1]
      if (before === undefined) return
      assert.ok(importKwh >= before.importKwh, `${meter} falls from ${before.importKwh} to ${importKwh}`)
      assert.ok(!(exportKwh < before.exportKwh), `${meter} falls from ${before.exportKwh} to ${exportKwh}`)
      // Sent twice, read again or frozen: of one time a meter shows one thing.
      if (time === before.time) assert.equal(importKwh, before.importKwh)
    })
  }
}

test('registers never fall, and a meter shows one thing of one time', () => {
  for (const scenario of [QUIET, BUSY]) {
    const readings = readingsOf(play(scenario).lines())
    assert.ok(readings.length > 5000)
    checkRegisters(readings)
  }
})

test('an ordinary day through the pipeline of the server: nothing is set aside', () => {
  const config = buildConfig({ registry })
  const output = new BacktestOutput(join(work, 'out'), false)
  const settings = stageSettings(config)
  const backtest = new BacktestRun(
    { registries: new BacktestRegistries(config), output, settings, settingsOver: recorded => recorded },
    undefined
  )
  output.open()
  let frames = 0
  const lines: Line[] = []
  for (const line of play(QUIET).lines()) {
    lines.push(line)
    if (line.topic !== 'session') frames++
    backtest.take(lineText(line).trimEnd())
  }
  output.close(backtest.finish())
  const { audit } = backtest
  assert.deepEqual(
    [audit.frames.decoded, audit.frames.quarantined, audit.readings.quarantined],
    [frames, 0, 0]
  )
  assert.equal(audit.readings.decoded, readingsOf(lines).length)
  const { decoded, stored, corrections, duplicates, held } = audit.readings
  assert.deepEqual([stored + duplicates, corrections, held], [decoded, 0, 0])
  // Meters times quarters of an hour, the hospital's two each minute; few of them are missing.
  const meters = grid.customers.count - 2 + grid.checkMeters.length
  const points = meters * 96 + 2 * 1440
  assert.ok(stored > points * 0.97 && stored <= points * 1.03, `${stored} of ${points}`)
})

test('asked in pieces of any length a terminal sends the same words', () => {
  const wordsOf = (windowMs: number): string[][] => {
    const { context } = play(BUSY)
    return grid.terminals.map((_, number) => {
      const terminal = new Terminal(context, number)
      const words: string[] = []
      for (let from = START; from < START + BUSY.duration; from += windowMs)
        for (const item of terminal.items(from, Math.min(from + windowMs, START + BUSY.duration))) {
          const { topic, text } = item.make()
          words.push(`${topic} ${text}`)
        }
      // When they arrive, and which of them twice, is drawn by the order in which they were made.
      return [...new Set(words)].sort()
    })
  }
  const quarters = wordsOf(900_000)
  assert.ok(quarters.flat().length > 1000)
  for (const windowMs of [60_000, 7_000, HOUR_MS, BUSY.duration])
    assert.deepEqual(wordsOf(windowMs), quarters, `${windowMs} ms`)
})

/** What all meters show at a time, by id; those at medium voltage by their register alone. */
function shownAt({ context }: Run, time: number): Map<string, Pick<Shown, 'importSteps' | 'exportSteps'>> {
  const { devices, customers } = grid
  const shown = [...new Set(devices.transformer)]
    .filter(device => device >= 0)
    .flatMap(device => context.transformer(device).at(time))
  const high = [...customers.device.keys()]
    .filter(customer => (devices.transformer[customers.device[customer]!] ?? -1) < 0)
    .map(customer => JSON.parse(context.highVoltage.rowText(customer, time)))
    .map(({ meter, importKwh }) => ({ meter, importSteps: Math.round(importKwh * 100), exportSteps: 0 }))
  return new Map(
    [...shown, ...high].map(({ meter, importSteps, exportSteps }) => [meter, { importSteps, exportSteps }])
  )
}

test('the same once more: every register goes on where it stood, through three runs with outages', () => {
  const scenario = scenarioOf(`duration: 3h, loops: true, steps: [
    { at: 40m, for: 50m, fail: { on: { kind: feeder, least: 30 } } },
    { at: 60m, for: 60m, fail: { on: { kind: feed-line, feed: main } } },
    { at: 20m, for: 100m, openRelay: { on: { kind: customer } } },
    { at: 30m, for: 100m, blowMeterFuse: { on: { kind: customer, wiring: three-phase }, phases: AB } } ]`)
  const runs = [play(scenario)]
  runs.push(runs[0]!.again(), runs[0]!.again().again())
  runs.slice(1).forEach((run, i) => {
    const { end } = runs[i]!.context.world.happenings
    assert.equal(run.context.world.happenings.start, end)
    const [before, now] = [shownAt(runs[i]!, end), shownAt(run, end)]
    assert.ok(before.size > 300)
    assert.deepEqual(now, before, `run ${i + 2}`)
  })
  checkRegisters(runs.flatMap(run => readingsOf(run.lines())))
  const standby = grid.customers.meter[grid.keyCustomers[0]!.feeds[1]!.customer]!
  const stood = runs.map(run => shownAt(run, run.context.world.happenings.end).get(standby)!.importSteps)
  assert.ok(
    stood[0]! < stood[1]! && stood[1]! < stood[2]!,
    `the second feed carries something in every run: ${stood}`
  )
})

test('the same once more: starts of terminals and lost supplies of meters are counted on', () => {
  const scenario = scenarioOf(`duration: 2h, steps: [
    { at: 10m, for: 20m, fail: { on: { kind: feeder, least: 30 } } },
    { at: 70m, reboot: { on: { kind: terminal } } } ]`)
  const runs = [play(scenario)]
  for (let more = 0; more < 2; more++) runs.push(runs.at(-1)!.again())
  const counts = new Map<string, number[]>()
  for (const { terminal, topic, text } of runs.flatMap(run => [...run.lines()])) {
    const message = JSON.parse(text)
    if (topic === 'status') note(`${terminal} started`, message.bootCount)
    for (const event of (topic === 'events' ? message.events : []) as { meter: string; count?: number }[])
      if (event.count !== undefined) note(`${event.meter} lost its supply`, event.count)
  }
  function note(what: string, count: number): void {
    const known = counts.get(what)
    if (known === undefined) counts.set(what, [count])
    else if (known.at(-1) !== count) known.push(count)
  }
  for (const [what, values] of counts)
    values.forEach((count, i) => {
      assert.ok(i === 0 || count > values[i - 1]!, `${what}: ${values}`)
    })
  const lost = [...counts].filter(([what]) => what.endsWith('lost its supply'))
  // One outage in each of three runs; of each meter most records arrive.
  assert.ok(lost.length > 30 && lost.every(([, values]) => values.at(-1)! - values[0]! < 3))
  assert.ok(lost.some(([, values]) => values.length === 3))
  assert.ok([...counts].some(([what, values]) => what.endsWith('started') && values.length >= 4))
})

test('a grid that is read every few seconds', () => {
  const quick = withInterval(grid, 5_000)
  for (const { sampleMs, uploadMs, uploadDelayMs, heartbeatMs } of quick.terminals)
    assert.deepEqual([sampleMs, uploadMs, uploadDelayMs, heartbeatMs], [5_000, 5_000, 1_000, 5_000])
  const run = new Run({ grid: quick, scenario: scenarioOf('duration: 2m'), start: START, seed: 'run' }, load)
  const readings = readingsOf(run.lines())
  checkRegisters(readings)
  const times = new Set(readings.map(({ time }) => time))
  assert.ok(times.size >= 23 && [...times].every(time => time % 5_000 === 0), `${times.size}`)
})

test('a line as backtest reads it', () => {
  assert.equal(
    lineText({ at: 7, terminal: 'T1', topic: 'readings', text: '{"a":1}' }),
    '{"at":7,"terminal":"T1","topic":"readings","payload":{"a":1}}\n'
  )
  assert.equal(
    lineText({ at: 7, terminal: '', topic: 'gateway', text: '{"state":"started"}' }),
    '{"at":7,"topic":"gateway","payload":{"state":"started"}}\n'
  )
})
