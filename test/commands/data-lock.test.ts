import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { addressOf, lockData } from '../../commands/beside/data-lock.ts'

const inFolder = async (body: (folder: string) => void | Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-lock-'))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('data lock: one holder at a time, free again when released', () =>
  inFolder(folder => {
    const { release } = lockData(folder)
    assert.throws(() => lockData(folder), /in use by process/)
    release()
    lockData(folder).release()
  }))

test('data lock: the lock of a process that is gone, or of another one with its number, does not stand in the way', () =>
  inFolder(async folder => {
    const child = spawn('sleep', ['60'])
    const { pid } = child
    assert.ok(pid)
    writeFileSync(join(folder, 'lock'), `${pid} 1\n`)
    lockData(folder).release()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    writeFileSync(join(folder, 'lock'), `${pid} ${start}\n`)
    assert.throws(() => lockData(folder), /in use by process/)
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    lockData(folder).release()
  }))

test('data lock: a folder that cannot be used is named', () =>
  inFolder(folder => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    assert.throws(() => lockData(file), /the data folder cannot be used: .*file/)
  }))

test('data lock: commands beside the holder find its address, others none', () =>
  inFolder(folder => {
    const lock = lockData(folder)
    assert.equal(addressOf(folder), undefined)
    const address = { url: 'http://127.0.0.1:8080', secret: 'gvl_x' }
    lock.publish(address)
    assert.deepEqual(addressOf(folder), address)
    assert.equal(statSync(join(folder, 'lock')).mode & 0o077, 0, 'nobody else may read the secret')
    assert.throws(() => lockData(folder), /in use by process/)
    lock.release()
    assert.equal(addressOf(folder), undefined)
    writeFileSync(join(folder, 'lock'), `${process.pid} 1\n${JSON.stringify(address)}\n`)
    assert.equal(addressOf(folder), undefined, 'of a process that is gone')
  }))
