import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import manifest from '../../package.json' with { type: 'json' }

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'gridvigil')
const run = (...words: string[]) => spawnSync(PROGRAM, words, { encoding: 'utf8' })

test('the front door tells its version and its commands', () => {
  assert.equal(run('--version').stdout, `${manifest.version}\n`)
  for (const words of [[], ['help'], ['--help']]) {
    const { status, stdout } = run(...words)
    assert.equal(status, 0)
    for (const command of ['serve', 'import', 'replay', 'export', 'backtest'])
      assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'))
  }
})

test('the front door refuses what it does not know, and shows what it does', () => {
  const unknown = run('sevre')
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /unknown command sevre[\s\S]*serve/)
  const flag = run('serve', '--dat', 'x')
  assert.equal(flag.status, 1)
  assert.match(flag.stderr, /unknown flag --dat[\s\S]*CLI_USAGE/)
})
