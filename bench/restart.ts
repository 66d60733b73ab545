import { connect } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { createFleet, type Fleet, slotsFor, startBefore, writeFleet } from './fleet.ts'
import { Generator, type GeneratorResult } from './generator.ts'
import { describeMachine, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, serverWords, tell, workFolder } from './options.ts'
import { connectPacket, createTemplate } from './payload.ts'
import { equationsHold, Server, type ServerOptions } from './server.ts'

/**
 * Restart: a day of 10,000 meters is in the stores, a further burst has just been acknowledged, the server dies by
 * SIGKILL and starts again. Measured from the moment the new process is spawned: the first PUBACK of a new publish,
 * and the moment when nothing is pending and everything acknowledged is stored.
 *
 *   node bench/restart.ts [--meters 10000] [--slots 96] [--burst-slots 8] ...
 */
const DEFAULTS = {
  seed: 3,
  meters: 10_000,
  terminals: 100,
  batch: 100,
  window: 4,
  slots: 96,
  'burst-slots': 8,
  'first-ack-limit-s': 5,
  'caught-up-limit-s': 30,
  'limit-s': 300,
  server: '',
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

const SLOT_MS = 900_000
const RETRY_MS = 10

export async function runRestart(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'restart')
  const fleet = restartFleet(options)
  const files = writeFleet(fleet, work.path)
  const command = serverWords(options.server)
  const base: ServerOptions = {
    ...(command === undefined ? {} : { command }),
    data: join(work.path, 'data'),
    ...files,
    mqttPort: 0,
    httpPort: 0,
    logFile: join(work.path, 'server.log'),
    clock: systemClock
  }
  let server = await Server.start(base)
  try {
    const { mqttPort, httpPort } = server
    const day = framesOf(options, options.slots)
    const burst = framesOf(options, options['burst-slots'])
    const limitMs = options['limit-s'] * 1000
    await send(options, fleet, mqttPort, 0, day)
    const dayReadings = day * options.batch * options.terminals
    await server.waitForAudit(({ readings }) => readings.stored >= dayReadings, limitMs)
    tell(`a day is stored: ${dayReadings} readings`)
    await send(options, fleet, mqttPort, day, burst)
    const atKill = await server.audit()
    await server.kill()

    const spawned = systemClock.monotonic()
    const firstAck = firstAcknowledgement(fleet, mqttPort, day + burst, limitMs)
    server = await Server.start({ ...base, mqttPort, httpPort })
    const firstAckMs = (await firstAck) - spawned
    const expected = dayReadings + burst * options.batch * options.terminals + options.batch
    const audit = await server.waitForAudit(
      ({ frames, readings }) => frames.pending === 0 && readings.held === 0 && readings.stored >= expected,
      limitMs
    )
    const caughtUpMs = systemClock.monotonic() - spawned
    await server.stop()
    work.remove()
    const isRight = equationsHold(audit) && audit.readings.stored === expected
    return {
      pass:
        isRight &&
        firstAckMs <= options['first-ack-limit-s'] * 1000 &&
        caughtUpMs <= options['caught-up-limit-s'] * 1000,
      figures: {
        firstAckMs: Math.round(firstAckMs),
        caughtUpMs: Math.round(caughtUpMs),
        listeningMs: Math.round(server.startMs),
        readingsBefore: dayReadings,
        unstoredAtKill: expected - options.batch - atKill.readings.stored,
        pendingFramesAtKill: atKill.frames.pending,
        equations: isRight,
        audit
      }
    }
  } catch (error) {
    tell(`the folder is kept: ${work.path}`)
    await server.kill()
    throw error
  }
}

/** The fleet with room for the day, the burst and one more frame of terminal 0. */
function restartFleet(options: Options): Fleet {
  const { seed, meters, terminals, batch } = options
  const slots = slotsFor(
    framesOf(options, options.slots) + framesOf(options, options['burst-slots']) + 1,
    batch,
    meters / terminals
  )
  const startTime = startBefore(systemClock.now(), slots, SLOT_MS)
  return createFleet({ seed, meters, terminals, batch, slots, slotMs: SLOT_MS, startTime })
}

const framesOf = (options: Options, slots: number): number =>
  (options.meters * slots) / options.terminals / options.batch

async function send(
  options: Options,
  fleet: Fleet,
  port: number,
  firstFrame: number,
  frames: number
): Promise<GeneratorResult> {
  const generator = await Generator.start({
    host: '127.0.0.1',
    port,
    fleet,
    window: options.window,
    firstFrame,
    frames,
    framesPerSecond: 0,
    progressMs: 0,
    limitMs: options['limit-s'] * 1000
  })
  generator.go()
  return await generator.done.finally(() => generator.kill())
}

/**
 * Tries to connect as terminal 0 until the server is there, publishes one frame.
 * @returns the monotonic time of its PUBACK, ms
 */
async function firstAcknowledgement(
  fleet: Fleet,
  port: number,
  frame: number,
  limitMs: number
): Promise<number> {
  const template = createTemplate(fleet, 0)
  const packet = template.blank()
  template.fill(packet, frame, 1)
  const end = systemClock.monotonic() + limitMs
  while (systemClock.monotonic() < end) {
    if (await publishOnce(port, connectPacket(fleet, 0), packet)) return systemClock.monotonic()
    await systemClock.delay(RETRY_MS)
  }
  throw new Error(`no PUBACK within ${limitMs} ms of the restart`)
}

/** Connect, publish, wait for the PUBACK. False when the connection fails or closes before. */
function publishOnce(port: number, connectBytes: Uint8Array, publish: Uint8Array): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    socket.on('connect', () => socket.write(connectBytes))
    socket.on('data', (chunk: Buffer) => {
      if (chunk[0] === 0x20) socket.write(publish)
      if (chunk.includes(Uint8Array.of(0x40, 2, 0, 1))) {
        resolve(true)
        socket.end(Uint8Array.of(0xe0, 0))
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(false))
  })
}

if (import.meta.main) {
  const { pass, figures } = await runRestart(process.argv.slice(2))
  printResult({ pass, ...figures, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
