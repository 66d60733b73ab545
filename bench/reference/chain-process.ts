import { createServer } from 'node:net'
import { InfluxDB, Point } from '@influxdata/influxdb-client'
import { Aedes } from 'aedes'
import { z } from 'zod'

/**
 * The reference chain, C1: what a competent team builds from the usual parts in an afternoon.
 *
 *   aedes on('publish') -> JSON.parse -> zod per reading -> Point -> InfluxDB, 5,000 points a request
 *
 * This file is fixed: results of different days are compared through it. Its promise is weaker than ours: aedes
 * acknowledges before anything is stored, and points wait in memory, so what is acknowledged is lost with the process.
 *
 *   node bench/reference/chain-process.ts INFLUX_URL DATABASE EXPECTED_POINTS
 *
 * Prints `{"event":"listening","mqttPort"}`, and `{"event":"stored"}` once InfluxDB has confirmed that many points.
 */
const BATCH_POINTS = 5000
/** Requests under way at once: one is encoded while InfluxDB works on the other. */
const WRITERS = 2
const WRITE_TIMEOUT_MS = 60_000

const phases = z.union([z.number(), z.tuple([z.number(), z.number(), z.number()])])
const Reading = z.object({
  meter: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  time: z.number().int().positive(),
  importKwh: z.number().nonnegative(),
  exportKwh: z.number().nonnegative(),
  importKvarh: z.number().nonnegative(),
  activePowerKw: z.number(),
  reactivePowerKvar: z.number(),
  voltageV: phases,
  currentA: phases,
  powerFactor: z.number().min(-1).max(1),
  frequencyHz: z.number().min(40).max(70)
})
type Reading = z.infer<typeof Reading>

const [url = '', database = '', expected = '0'] = process.argv.slice(2)
const influx = new InfluxDB({ url, timeout: WRITE_TIMEOUT_MS })
const path = `/write?db=${encodeURIComponent(database)}&precision=ms`

let open: Point[] = []
const waiting: Point[][] = []
let writers = 0
let stored = 0
let rejected = 0

function receive(payload: Buffer): void {
  const message = JSON.parse(payload.toString('utf8')) as { readings: unknown[] }
  for (const candidate of message.readings) {
    const parsed = Reading.safeParse(candidate)
    if (!parsed.success) {
      rejected++
      continue
    }
    open.push(toPoint(parsed.data))
    if (open.length === BATCH_POINTS) hand()
  }
}

function toPoint(reading: Reading): Point {
  const point = new Point('reading')
    .tag('meter', reading.meter)
    .floatField('importKwh', reading.importKwh)
    .floatField('exportKwh', reading.exportKwh)
    .floatField('importKvarh', reading.importKvarh)
    .floatField('activePowerKw', reading.activePowerKw)
    .floatField('reactivePowerKvar', reading.reactivePowerKvar)
    .floatField('powerFactor', reading.powerFactor)
    .floatField('frequencyHz', reading.frequencyHz)
    .timestamp(reading.time)
  addPhases(point, 'voltageV', reading.voltageV)
  addPhases(point, 'currentA', reading.currentA)
  return point
}

function addPhases(point: Point, name: string, values: number | [number, number, number]): void {
  if (typeof values === 'number') {
    point.floatField(`${name}A`, values)
    return
  }
  point.floatField(`${name}A`, values[0]).floatField(`${name}B`, values[1]).floatField(`${name}C`, values[2])
}

/** Gives the open batch to the writers. */
function hand(): void {
  if (open.length === 0) return
  waiting.push(open)
  open = []
  while (writers < WRITERS && waiting.length > 0) void write()
}

async function write(): Promise<void> {
  writers++
  for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
    const lines = batch.map(point => point.toLineProtocol()).join('\n')
    // The client's own write buffer speaks /api/v2/write, which 1.6 does not have; its transport serves /write.
    await influx.transport.request(path, lines, { method: 'POST' })
    stored += batch.length
    if (stored === Number(expected)) say({ event: 'stored', stored, rejected })
  }
  writers--
}

const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`)

const broker = await Aedes.createBroker()
broker.on('publish', (packet, client) => {
  if (client === null) return
  receive(packet.payload as Buffer)
})
// A batch that does not fill waits at most this long.
setInterval(hand, 100)

const server = createServer(socket => broker.handle(socket))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  say({ event: 'listening', mqttPort: typeof address === 'object' && address !== null ? address.port : 0 })
})
process.on('SIGTERM', () => process.exit(0))
