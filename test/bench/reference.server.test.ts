import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFleet, frameOf, importCenti, meterId, timeOf } from '../../bench/fleet.ts'
import { Generator } from '../../bench/generator.ts'
import { withLimit } from '../../bench/limit.ts'
import { startChain } from '../../bench/reference/chain.ts'
import { systemClock } from '../../src/clock.ts'
import { testEnvironment } from '../../src/config.ts'
import { hasProgram } from '../support/programs.ts'

const isMissing = !hasProgram('influxd') && !testEnvironment().requireServers

test('reference chain: every reading is a point with the values that were sent', {
  skip: isMissing
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chain-'))
  const shape = { seed: 3, meters: 40, terminals: 4, batch: 20, slots: 10, slotMs: 900_000 }
  const fleet = createFleet({ ...shape, startTime: Date.UTC(2026, 10, 20) })
  const readings = shape.meters * shape.slots
  const chain = await startChain(folder, readings, systemClock)
  try {
    const generator = await Generator.start({
      host: '127.0.0.1',
      port: chain.mqttPort,
      fleet,
      window: 2,
      firstFrame: 0,
      frames: fleet.framesPerTerminal,
      framesPerSecond: 0,
      progressMs: 0,
      limitMs: 20_000
    })
    generator.go()
    await generator.done
    await withLimit(chain.stored, 20_000, systemClock, 'storing')
    assert.equal(await chain.count(), readings)
    const rows = await chain.query(`SELECT importKwh FROM reading WHERE meter = '${meterId(17)}'`)
    assert.equal(frameOf(fleet, 17, 9), fleet.framesPerTerminal - 1)
    assert.deepEqual(
      rows.map(([time, value]) => [Date.parse(time), Math.round(value * 100)]),
      Array.from({ length: 10 }, (_, slot) => [timeOf(fleet, slot), importCenti(3, 17, slot)])
    )
  } finally {
    await chain.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
