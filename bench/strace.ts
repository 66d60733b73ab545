import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { createFleet, meterId, startBefore, terminalId, timeOf, writeFleet } from './fleet.ts'
import { withLimit } from './limit.ts'
import { describeMachine, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, serverWords, tell, workFolder } from './options.ts'
import { connectPacket } from './payload.ts'
import { SERVE, Server } from './server.ts'
import { parseStrace, proveSyncBeforeAck } from './strace-log.ts'

/**
 * The kernel's view of the promise: the server runs under strace, single publishes are sent one at a time, and the
 * trace must show for each that the file write that holds it was synced before its PUBACK was written.
 *
 *   node bench/strace.ts [--messages 20]
 */
const DEFAULTS = { messages: 20, seed: 3, server: '', work: DEFAULT_WORK } as const

const CALLS = 'openat,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync'
/** Bytes of each buffer kept in the trace: more than one message with its record head. */
const STRING_BYTES = 8192
const ACK_LIMIT_MS = 20_000
const SLOT_MS = 900_000

export async function runStrace(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'strace')
  const trace = join(work.path, 'trace')
  const startTime = startBefore(systemClock.now(), options.messages, SLOT_MS)
  const shape = {
    seed: options.seed,
    meters: 1,
    terminals: 1,
    batch: 1,
    slots: options.messages,
    slotMs: SLOT_MS
  }
  const fleet = createFleet({ ...shape, startTime })
  const server = await Server.start({
    command: [
      ...['strace', '-f', '-tt', '-y', '-xx', '-s', String(STRING_BYTES), '-e', `trace=${CALLS}`],
      ...['-o', trace, ...(serverWords(options.server) ?? SERVE)]
    ],
    data: join(work.path, 'data'),
    ...writeFleet(fleet, work.path),
    mqttPort: 0,
    httpPort: 0,
    logFile: join(work.path, 'server.log'),
    clock: systemClock
  })
  const messages = Array.from({ length: options.messages }, (_, index) => ({
    marker: `strace-${options.seed}-${String(index).padStart(6, '0')}`,
    packetId: 1000 + index
  }))
  try {
    const socket = await login(server.mqttPort, connectPacket(fleet, 0))
    for (const [slot, { marker, packetId }] of messages.entries()) {
      const reading = { meter: meterId(0), time: timeOf(fleet, slot), importKwh: 10_000 + slot, marker }
      await publish(socket, packetId, JSON.stringify({ readings: [reading] }))
    }
    socket.end(Uint8Array.of(0xe0, 0))
  } catch (error) {
    tell(`the folder is kept: ${work.path}`)
    await server.kill()
    throw error
  }
  await server.stop()
  const calls = parseStrace(readFileSync(trace, 'latin1'))
  const proofs = proveSyncBeforeAck(calls, messages, work.path)
  const proven = proofs.filter(proof => proof.holds).length
  const pass = proven === messages.length
  if (pass) work.remove()
  else tell(`the folder is kept: ${work.path}`)
  return {
    pass,
    figures: {
      messages: messages.length,
      proven,
      failures: proofs.filter(proof => !proof.holds).map(({ marker, why }) => ({ marker, why })),
      example: proofs[0],
      syncs: calls.filter(call => call.name === 'fdatasync' || call.name === 'fsync').length
    }
  }

  function login(port: number, packet: Uint8Array): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    socket.write(packet)
    return expect(socket, Uint8Array.of(0x20, 2, 0, 0), 'CONNACK').then(() => socket)
  }

  function publish(socket: Socket, packetId: number, payload: string): Promise<void> {
    const topic = `gv1/${terminalId(0)}/readings`
    const length = 2 + topic.length + 2 + payload.length
    // Two bytes of remaining length: the message is longer than 127 bytes and shorter than 16 KiB.
    const head = [0x32, (length % 128) | 128, Math.floor(length / 128), 0, topic.length]
    const id = [packetId >>> 8, packetId & 0xff]
    socket.write(
      Buffer.concat([Buffer.from(head), Buffer.from(topic), Buffer.from(id), Buffer.from(payload)])
    )
    return expect(socket, Uint8Array.of(0x40, 2, ...id), 'PUBACK')
  }
}

/** Resolves when `bytes` have arrived. */
function expect(socket: Socket, bytes: Uint8Array, what: string): Promise<void> {
  const arrived = new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      if (!chunk.includes(bytes)) return
      socket.off('data', onData)
      resolve()
    }
    socket.on('data', onData)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`the connection closed before ${what}`)))
  })
  return withLimit(arrived, ACK_LIMIT_MS, systemClock, what)
}

if (import.meta.main) {
  const { pass, figures } = await runStrace(process.argv.slice(2))
  printResult({ pass, ...figures, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
