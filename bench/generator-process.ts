import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { systemClock } from '../src/clock.ts'
import { createFleet } from './fleet.ts'
import type { GeneratorJob, GeneratorResult } from './generator.ts'
import { Publisher } from './publisher.ts'

/**
 * The load generator's own process: `node bench/generator-process.ts JOB_JSON`. Prints one JSON line when all
 * terminals are connected (`ready`), while it runs if asked (`progress`) and at its end (`done`). Reads the lines
 * `go` and `stop` from standard input and ends when that closes.
 */
const PACE_MS = 5
const SETTLE_MS = 20
const ACK_BUFFER = 4096

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as GeneratorJob
const fleet = createFleet(job.fleet)
const clock = systemClock
const latencies = new Float32Array(job.frames * fleet.terminals)
const acknowledgements = job.ackFile === undefined ? undefined : openSync(job.ackFile, 'a')
const pendingAcks = new Uint32Array(ACK_BUFFER)
let pendingAckCount = 0
let acknowledged = 0
let connected = 0
let granted = 0
let started = 0
let lastAck = 0
let going = false
let stopping = false
let ended = false

const publishers = Array.from(
  { length: fleet.terminals },
  (_, terminal) =>
    new Publisher({
      host: job.host,
      port: job.port,
      fleet,
      terminal,
      window: job.window,
      firstFrame: job.firstFrame,
      frames: job.frames,
      clock,
      permits: permit,
      onConnected() {
        connected++
        if (connected === fleet.terminals && !going) say({ event: 'ready' })
      },
      onAcknowledged: (frame, latencyMs) => record(terminal, frame, latencyMs),
      onRefused: code => finish(`terminal ${terminal} was refused with code ${code}`)
    })
)

function permit(): boolean {
  if (!going || stopping) return false
  if (job.framesPerSecond > 0) {
    const due = ((clock.monotonic() - started) / 1000) * job.framesPerSecond
    // A pause of the server makes no debt beyond one second of the pace.
    granted = Math.max(granted, due - job.framesPerSecond)
    if (granted >= due) return false
  }
  granted++
  return true
}

function record(terminal: number, frame: number, latencyMs: number): void {
  latencies[acknowledged++] = latencyMs
  lastAck = clock.monotonic()
  if (acknowledgements === undefined) return
  pendingAcks[pendingAckCount++] = frame * fleet.terminals + terminal
  if (pendingAckCount === ACK_BUFFER) flushAcks()
}

function flushAcks(): void {
  if (acknowledgements === undefined || pendingAckCount === 0) return
  writeSync(acknowledgements, new Uint8Array(pendingAcks.buffer, 0, pendingAckCount * 4))
  pendingAckCount = 0
}

function settle(): void {
  const done = stopping ? publishers.every(p => p.inFlight === 0) : publishers.every(p => p.isDone)
  if (going && done) finish()
}

function finish(error?: string): void {
  if (ended) return
  ended = true
  flushAcks()
  if (acknowledgements !== undefined) closeSync(acknowledgements)
  for (const publisher of publishers) publisher.stop()
  const sorted = latencies.subarray(0, acknowledged).sort()
  const quantile = (q: number): number =>
    sorted[Math.min(acknowledged - 1, Math.floor(acknowledged * q))] ?? 0
  const result: GeneratorResult = {
    complete: error === undefined,
    acknowledgedFrames: acknowledged,
    acknowledgedReadings: acknowledged * fleet.batch,
    wallMs: round(lastAck - started),
    ackMs: { p50: round(quantile(0.5)), p99: round(quantile(0.99)), max: round(quantile(1)) },
    resent: publishers.reduce((sum, p) => sum + p.resent, 0),
    reconnects: publishers.reduce((sum, p) => sum + p.reconnects, 0),
    ...(error === undefined ? {} : { error })
  }
  process.stdout.write(`${JSON.stringify({ event: 'done', result })}\n`, () => process.exit(error ? 1 : 0))
}

const round = (value: number): number => Math.round(value * 1000) / 1000
const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`)

const lines = createInterface({ input: process.stdin })
lines.on('line', line => {
  if (line === 'go' && !going) {
    going = true
    started = clock.monotonic()
    for (const publisher of publishers) publisher.pump()
  }
  if (line === 'stop') stopping = true
})
// Whoever started us is gone: so is the reason to send.
lines.on('close', () => finish('standard input closed'))

clock.every(SETTLE_MS, settle)
if (job.framesPerSecond > 0) {
  // Terminals take turns at the front, or those with low numbers would take all of the pace.
  let first = 0
  clock.every(PACE_MS, () => {
    first = (first + 1) % publishers.length
    for (let i = 0; i < publishers.length; i++) publishers[(first + i) % publishers.length]?.pump()
  })
}
if (job.progressMs > 0) clock.every(job.progressMs, () => say({ event: 'progress', acknowledged }))
clock.after(job.limitMs, () => finish(`not done after ${job.limitMs} ms`))
for (const publisher of publishers) publisher.start()
