import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parser as createParser, generate, type Packet } from 'mqtt-packet'
import { createFleet } from '../../bench/fleet.ts'
import { Generator, type GeneratorJob } from '../../bench/generator.ts'
import { readAckFile } from '../../bench/readback.ts'

const SHAPE = {
  seed: 3,
  meters: 20,
  terminals: 2,
  batch: 5,
  slots: 40,
  slotMs: 60_000,
  startTime: Date.UTC(2026, 10, 20)
}

interface Broker {
  readonly port: number
  readonly server: Server
  readonly published: { dup: boolean; first: string }[]
  readonly sockets: Set<Socket>
}

/** A server that speaks just enough MQTT; `onPublish` says whether a publish is acknowledged. */
async function startBroker(onPublish: (broker: Broker, socket: Socket) => boolean): Promise<Broker> {
  const published: Broker['published'] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    const parser = createParser()
    parser.on('packet', (packet: Packet) => {
      if (packet.cmd === 'connect') {
        const isKnown = packet.username === packet.clientId && packet.password !== undefined
        socket.write(generate({ cmd: 'connack', returnCode: isKnown ? 0 : 5, sessionPresent: false }))
      }
      if (packet.cmd === 'publish') {
        const { readings } = JSON.parse(packet.payload.toString()) as {
          readings: { meter: string; time: number }[]
        }
        published.push({ dup: packet.dup, first: `${readings[0]?.meter}/${readings[0]?.time}` })
        const acknowledged = onPublish(broker, socket)
        if (acknowledged) socket.write(generate({ cmd: 'puback', messageId: packet.messageId ?? 0 }))
      }
    })
    socket.on('data', (chunk: Buffer) => parser.parse(chunk))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const broker: Broker = { port, server, published, sockets }
  return broker
}

const stopBroker = (broker: Broker): void => {
  for (const socket of broker.sockets) socket.destroy()
  broker.server.close()
}

const jobFor = (port: number, ackFile: string): GeneratorJob => ({
  host: '127.0.0.1',
  port,
  fleet: SHAPE,
  window: 3,
  firstFrame: 0,
  frames: 30,
  framesPerSecond: 0,
  ackFile,
  progressMs: 0,
  limitMs: 10_000
})

test('generator: sends every frame once, in order, and records each acknowledgement', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'generator-'))
  const broker = await startBroker(() => true)
  const generator = await Generator.start(jobFor(broker.port, join(folder, 'acks')))
  assert.equal(broker.published.length, 0, 'nothing is sent before go')
  generator.go()
  const result = await generator.done
  stopBroker(broker)
  assert.equal(result.complete, true)
  assert.equal(result.acknowledgedFrames, 60)
  assert.equal(result.acknowledgedReadings, 300)
  assert.equal(new Set(broker.published.map(({ first }) => first)).size, 60)
  const acks = readAckFile(join(folder, 'acks'), createFleet(SHAPE))
  assert.equal(acks.frames, 60)
  assert.ok(acks.has(1, 29) && !acks.has(1, 30))
  rmSync(folder, { recursive: true })
})

test('generator: what a dying server did not acknowledge comes again with DUP, and nothing is left out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'generator-'))
  let count = 0
  // Every tenth publish kills its connection instead of being acknowledged.
  const broker = await startBroker((_, socket) => {
    count++
    if (count % 10 !== 0) return true
    socket.destroy()
    return false
  })
  const generator = await Generator.start(jobFor(broker.port, join(folder, 'acks')))
  generator.go()
  const result = await generator.done
  stopBroker(broker)
  assert.equal(result.complete, true)
  assert.ok(result.reconnects >= 5, `${result.reconnects} reconnects`)
  assert.ok(result.resent >= result.reconnects)
  assert.ok(broker.published.some(({ dup }) => dup))
  assert.equal(new Set(broker.published.map(({ first }) => first)).size, 60)
  assert.equal(readAckFile(join(folder, 'acks'), createFleet(SHAPE)).frames, 60)
  rmSync(folder, { recursive: true })
})

test('generator: keeps its pace, and stop waits for what is in flight', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'generator-'))
  const broker = await startBroker(() => true)
  const job = { ...jobFor(broker.port, join(folder, 'acks')), framesPerSecond: 50 }
  const generator = await Generator.start(job)
  generator.go()
  await new Promise(resolve => setTimeout(resolve, 400))
  generator.stop()
  const result = await generator.done
  stopBroker(broker)
  assert.equal(result.complete, true)
  assert.ok(
    result.acknowledgedFrames >= 10 && result.acknowledgedFrames <= 35,
    String(result.acknowledgedFrames)
  )
  assert.equal(broker.published.length, result.acknowledgedFrames)
  rmSync(folder, { recursive: true })
})
