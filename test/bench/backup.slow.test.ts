import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runBackup } from '../../bench/backup.ts'

test('a backup taken under load restores to all that was acknowledged before it, and both equations hold', async t => {
  const work = mkdtempSync(join(tmpdir(), 'gridvigil-backup-'))
  t.after(() => rmSync(work, { recursive: true, force: true }))
  const words = ['--backups', '1', '--between-s', '3', '--frames-per-second', '300', '--meters', '500']
  const { pass, figures } = await runBackup([...words, '--terminals', '10', '--work', work])
  assert.ok(pass, JSON.stringify(figures))
})
