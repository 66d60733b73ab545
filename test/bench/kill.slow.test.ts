import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runKill } from '../../bench/kill.ts'

/** What continuous integration runs of the durability bar; `npm run bars` runs 100. */
const KILLS = 25

test(`durability: ${KILLS} random kill -9 under load, nothing acknowledged is lost or stored twice`, async () => {
  const { pass, figures } = await runKill(['--kills', String(KILLS)])
  assert.ok(pass, JSON.stringify(figures))
})
