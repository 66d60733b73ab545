import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStrace, proveSyncBeforeAck } from '../../bench/strace-log.ts'

const hex = (text: string): string =>
  [...Buffer.from(text)].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
const LOG = '/data/frames/0001.log'
const MARKER = 'marker-1'
const at = (line: number): string => `10:00:00.00000${line}`
const write = `pwrite64(23<${LOG}>, "${hex(`head${MARKER}tail`)}"..., 120, 4096)`
const ack = String.raw`write(31<socket:[77]>, "\x40\x02\x03\xe8", 4) = 4`

/** Threads are told apart by the first word. */
const trace = (...lines: readonly string[]): string =>
  lines.map((line, index) => `${line.slice(0, 2)} ${at(index)} ${line.slice(3)}`).join('\n')

const CASES: readonly { name: string; trace: string; holds: boolean; why: string }[] = [
  {
    name: 'write, sync, PUBACK',
    trace: trace(`11 ${write} = 120`, `12 fdatasync(23<${LOG}>) = 0`, `10 ${ack}`),
    holds: true,
    why: ''
  },
  {
    name: 'calls that are split over lines',
    trace: trace(
      `11 ${write.slice(0, -1)} <unfinished ...>`,
      '10 write(1</dev/null>, "\\x41", 1) = 1',
      '11 <... pwrite64 resumed>) = 120',
      `12 fdatasync(23<${LOG}> <unfinished ...>`,
      '12 <... fdatasync resumed>) = 0',
      `10 ${ack}`
    ),
    holds: true,
    why: ''
  },
  {
    name: 'PUBACK in the parts of a writev',
    trace: trace(
      `11 ${write} = 120`,
      `12 fdatasync(23<${LOG}>) = 0`,
      String.raw`10 writev(31<TCP:[127.0.0.1:1->127.0.0.1:2]>, [{iov_base="\x40", iov_len=1}, {iov_base="\x02\x03\xe8", iov_len=3}], 2) = 4`
    ),
    holds: true,
    why: ''
  },
  {
    name: 'file opened with O_DSYNC: the write is the sync',
    trace: trace(
      `10 openat(AT_FDCWD, "${hex(LOG)}", O_WRONLY|O_CREAT|O_DSYNC, 0644) = 23<${LOG}>`,
      `11 ${write} = 120`,
      `10 ${ack}`
    ),
    holds: true,
    why: ''
  },
  {
    name: 'PUBACK while the sync is under way',
    trace: trace(
      `11 ${write} = 120`,
      `12 fdatasync(23<${LOG}> <unfinished ...>`,
      `10 ${ack}`,
      '12 <... fdatasync resumed>) = 0'
    ),
    holds: false,
    why: 'PUBACK before the sync was complete'
  },
  {
    name: 'sync that began before the write was complete',
    trace: trace(
      `12 fdatasync(23<${LOG}> <unfinished ...>`,
      `11 ${write} = 120`,
      '12 <... fdatasync resumed>) = 0',
      `10 ${ack}`
    ),
    holds: false,
    why: 'the file is not synced after the write'
  },
  {
    name: 'sync of another file',
    trace: trace(`11 ${write} = 120`, '12 fdatasync(24</data/other>) = 0', `10 ${ack}`),
    holds: false,
    why: 'the file is not synced after the write'
  },
  {
    name: 'sync that failed',
    trace: trace(`11 ${write} = 120`, `12 fdatasync(23<${LOG}>) = -1 EIO (Input/output error)`, `10 ${ack}`),
    holds: false,
    why: 'the file is not synced after the write'
  },
  {
    name: 'the message is written outside the data folder only',
    trace: trace(
      `11 ${write.replace(LOG, '/tmp/else.log')} = 120`,
      '12 fdatasync(23</tmp/else.log>) = 0',
      `10 ${ack}`
    ),
    holds: false,
    why: 'no file write holds the message'
  },
  {
    name: 'no PUBACK',
    trace: trace(`11 ${write} = 120`, `12 fdatasync(23<${LOG}>) = 0`),
    holds: false,
    why: 'no PUBACK in the trace'
  }
]

for (const { name, trace: text, holds, why } of CASES) {
  test(`strace: ${name}`, () => {
    const [proof] = proveSyncBeforeAck(parseStrace(text), [{ marker: MARKER, packetId: 1000 }], '/data/')
    assert.deepEqual({ holds: proof?.holds, why: proof?.why }, { holds, why })
  })
}
