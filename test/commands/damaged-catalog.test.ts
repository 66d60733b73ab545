import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Server } from '../../bench/server.ts'
import { systemClock } from '../../src/clock.ts'
import { makeRegistryFolder } from '../support/registry-files.ts'

test('a damaged catalog is named to who asks, and the server stops in order', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-catalog-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  mkdirSync(join(data, 'series'), { recursive: true })
  writeFileSync(join(data, 'series', 'catalog.duckdb'), 'this is no store'.repeat(4096))
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(credentials, 'T0,secret\n')
  const logFile = join(folder, 'server.log')
  const registry = makeRegistryFolder(folder)
  const options = { data, registry, credentials, mqttPort: 0, httpPort: 0, logFile, clock: systemClock }
  const server = await Server.start(options)
  const ask = async (path: string) =>
    (
      await fetch(`http://127.0.0.1:${server.httpPort}${path}`, {
        headers: { authorization: `Bearer ${server.secret}` }
      })
    ).json()
  let problem: { code?: string; detail?: string } = {}
  for (let tries = 0; tries < 100 && problem.code !== 'SERIES_OPEN_FAILED'; tries++) {
    problem = (await ask('/v1/meters/M0/latest')) as typeof problem
    await systemClock.delay(50)
  }
  assert.equal(problem.code, 'SERIES_OPEN_FAILED')
  assert.match(problem.detail ?? '', /catalog\.duckdb/)
  assert.equal(await server.stop(), 0)
  assert.equal(existsSync(join(data, 'lock')), false)
  const told = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter(line => line.includes('thread failed'))
  assert.ok(told.length > 0)
  for (const line of told) assert.doesNotMatch(line, /duckdb\/files\.ts/, 'no stack')
})
