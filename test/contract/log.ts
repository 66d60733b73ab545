import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogReader, LogRecord, LogWriter } from '../../src/log/port.ts'
import { seededRandom } from '../../src/random.ts'

/** What the suite needs of an adapter: open it, open it again, and damage what lies on the disk. */
export interface LogUnderTest {
  /** Opens the log (again, after a close or crash) and a reader that stands before the first record. */
  open(): Promise<{ writer: LogWriter; reader: LogReader }>
  /** Ends the writer as kill -9 would: nothing is flushed. */
  crash(): Promise<void>
  /** Appends garbage behind the last durable byte of the newest file. */
  tearTail(garbage: Uint8Array): Promise<void>
  /** Flips one bit inside the body of the record. */
  flipBit(seq: number): Promise<void>
  remove(): Promise<void>
}

/** Promises of the log port, for every adapter. */
export function logContract(name: string, create: () => Promise<LogUnderTest>): void {
  const contract = (title: string, body: (log: LogUnderTest) => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      const log = await create()
      try {
        await body(log)
      } finally {
        await log.remove()
      }
    })
  }

  contract('appended records are read in order with equal bytes', async log => {
    const { writer, reader } = await log.open()
    const sent = await appendMany(writer, 1, 500)
    assert.deepEqual(readAll(reader, 7), sent)
    await writer.close()
  })

  contract('any read size gives the same records', async log => {
    const { writer, reader } = await log.open()
    const sent = await appendMany(writer, 2, 300)
    for (const size of [1, 7, 1000]) {
      reader.seek(0)
      assert.deepEqual(readAll(reader, size), sent)
    }
    await writer.close()
  })

  contract('a reader starts behind any seq', async log => {
    const { writer, reader } = await log.open()
    const sent = await appendMany(writer, 3, 200)
    for (const seq of [0, 1, 57, 199, 200]) {
      reader.seek(seq)
      assert.deepEqual(readAll(reader, 64), sent.slice(seq), `behind ${seq}`)
    }
    await writer.close()
  })

  contract('a reader follows while the writer goes on', async log => {
    const { writer, reader } = await log.open()
    const sent: Seen[] = []
    const got: Seen[] = []
    for (let round = 0; round < 20; round++) {
      sent.push(...(await appendMany(writer, 100 + round, 25)))
      got.push(...readAll(reader, 10))
    }
    assert.deepEqual(got, sent)
    await writer.close()
  })

  contract('log time never goes backwards', async log => {
    const { writer, reader } = await log.open()
    const times = [1000, 2000, 1500, 2500, 0]
    for (const at of times) writer.append(1, at, text('x'), text(''), () => {})
    await writer.flush()
    assert.deepEqual(
      reader.read(10, 1e6).map(record => record.at),
      [1000, 2000, 2000, 2500, 2500]
    )
    await writer.close()
  })

  contract('large bodies and empty ones', async log => {
    const { writer, reader } = await log.open()
    const sizes = [0, 1, 7, 8, 9, 70_000, 0, 1_048_576, 3]
    for (const size of sizes) writer.append(1, 1, text(''), new Uint8Array(size).fill(size % 251), () => {})
    await writer.flush()
    const got = readAll(reader, 3)
    assert.deepEqual(
      got.map(record => record.body.length),
      sizes
    )
    assert.ok(got.every(record => record.body.every(byte => byte === record.body.length % 251)))
    assert.throws(() => writer.append(1, 1, text(''), new Uint8Array(17 * 1024 * 1024), () => {}), /larger/)
    await writer.close()
  })

  contract('restart continues the sequence', async log => {
    const first = await log.open()
    const sent = await appendMany(first.writer, 5, 150)
    await first.writer.close()
    const second = await log.open()
    assert.equal(second.writer.durableSeq, 150)
    sent.push(...(await appendMany(second.writer, 6, 150)))
    assert.deepEqual(readAll(second.reader, 100), sent)
    await second.writer.close()
  })

  contract('a crash keeps everything that was called back', async log => {
    const sent: Seen[] = []
    for (let life = 0; life < 5; life++) {
      const { writer } = await log.open()
      sent.push(...(await appendMany(writer, life, 60)))
      await log.crash()
    }
    const { writer, reader } = await log.open()
    assert.deepEqual(readAll(reader, 100), sent)
    await writer.close()
  })

  contract('a torn tail is cut and the log goes on', async log => {
    const random = seededRandom('torn')
    const sent: Seen[] = []
    for (const length of [1, 8, 39, 40, 41, 64, 200, 5000]) {
      const { writer } = await log.open()
      sent.push(...(await appendMany(writer, length, 20)))
      await log.crash()
      await log.tearTail(Uint8Array.from({ length }, () => random.integer(256)))
    }
    const { writer, reader } = await log.open()
    assert.equal(writer.durableSeq, sent.length)
    sent.push(...(await appendMany(writer, 9, 20)))
    assert.deepEqual(readAll(reader, 33), sent)
    await writer.close()
  })

  contract('a flipped bit loses that record only, and is reported as a hole', async log => {
    const { writer } = await log.open()
    const sent: Seen[] = []
    for (let commit = 0; commit < 10; commit++) sent.push(...(await appendMany(writer, commit, 20)))
    await log.crash()
    for (const seq of [1, 30, 31, 95]) await log.flipBit(seq)
    const again = await log.open()
    const kept = sent.filter(record => ![1, 30, 31, 95].includes(record.seq))
    assert.deepEqual(readAll(again.reader, 50), kept)
    again.reader.seek(29)
    assert.deepEqual(
      readAll(again.reader, 50),
      kept.filter(record => record.seq > 29)
    )
    kept.push(...(await appendMany(again.writer, 77, 20)))
    again.reader.seek(0)
    assert.deepEqual(readAll(again.reader, 1), kept)
    assert.equal(again.writer.durableSeq, 220)
    await again.writer.close()
  })

  contract('trim drops old segments and readers jump over the hole', async log => {
    const { writer, reader } = await log.open()
    const sent = await appendMany(writer, 11, 600)
    reader.seek(590)
    await writer.trim(500)
    assert.deepEqual(readAll(reader, 100), sent.slice(590))
    reader.seek(0)
    const rest = readAll(reader, 100)
    assert.ok(rest.length >= 100 && rest.length < 600, `${rest.length} kept`)
    assert.deepEqual(rest, sent.slice(-rest.length))
    await writer.close()
  })

  contract('appending to a closed log is an error', async log => {
    const { writer } = await log.open()
    await writer.close()
    assert.throws(() => writer.append(1, 1, text(''), text(''), () => {}), /closed/)
  })
}

export interface Seen {
  seq: number
  at: number
  kind: number
  body: Uint8Array
}

/** Appends seeded records of 0..600 bytes and waits until all are durable. */
export async function appendMany(writer: LogWriter, seed: number, count: number): Promise<Seen[]> {
  const random = seededRandom(seed)
  const sent: Seen[] = []
  let durable = 0
  for (let i = 0; i < count; i++) {
    const body = Uint8Array.from({ length: random.integer(600) }, () => random.integer(256))
    const cut = random.integer(body.length + 1)
    const kind = random.integer(256)
    const at = 1_000_000 + writer.nextSeq
    const seq = writer.append(kind, at, body.subarray(0, cut), body.subarray(cut), error => {
      if (error === undefined) durable++
    })
    sent.push({ seq, at, kind, body })
  }
  await writer.flush()
  assert.equal(durable, count)
  assert.equal(writer.durableSeq, sent.at(-1)?.seq)
  return sent
}

/** Everything durable, copied out of the reader's buffer. */
export function readAll(reader: LogReader, size: number): Seen[] {
  const seen: Seen[] = []
  for (let batch = reader.read(size, 65536); batch.length > 0; batch = reader.read(size, 65536)) {
    seen.push(...batch.map(copyRecord))
  }
  return seen
}

const copyRecord = ({ seq, at, kind, body }: LogRecord): Seen => ({
  seq,
  at,
  kind,
  body: new Uint8Array(body)
})
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
