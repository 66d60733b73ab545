import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Intake } from '../../gateway/intake.ts'
import { isError } from '../../src/errors.ts'
import { MAX_RECORD_BODY } from '../../src/log/port.ts'
import { crashFiles } from '../support/crash-files.ts'
import { promptClock } from '../support/manual-clock.ts'
import { openLog } from '../support/open-log.ts'

test('a record that can never be stored is told once and not tried again', async () => {
  const files = crashFiles()
  const open = (name: string) => openLog(files, name, { commitBytes: 1 })
  const logs = { frames: await open('frames'), events: await open('events') }
  const told: Error[] = []
  const intake = new Intake(logs, { frames: 0, events: 0 }, promptClock, error => told.push(error))
  intake.storeHistory({ answers: ['x'.repeat(MAX_RECORD_BODY)] })
  intake.storeTick()
  intake.storeTick()
  assert.equal(told.length, 1)
  assert.ok(isError(told[0], 'LOG_RECORD_TOO_LARGE'))
  await logs.events.flush()
  assert.equal(logs.events.durableSeq, 2, 'the ticks')
  await logs.frames.close()
  await logs.events.close()
})
