import {
  emptyReading,
  type Fleet,
  type FleetReading,
  fillReading,
  meterId,
  terminalId,
  terminalSecret,
  timeOf
} from './fleet.ts'

/**
 * PUBLISH packets of one terminal, QoS 1, row JSON (docs of the MQTT contract, version 1). Every value has a fixed
 * number of characters, so a packet is a template whose digits are patched: encoding costs about 0.1 us a reading
 * and the load generator leaves the cores to the servers under test.
 *
 *   32 len len len | 00 nn gv1/{terminal}/readings | id id | {"kind":"curve","readings":[ row , row … ]}
 *   row {"meter":"BM0000001","time":1795133700000,"importKwh":12345.67,…}   13 values, 270 bytes
 */
const ROW =
  '{"meter":"BM0000000","time":0000000000000,"importKwh":00000.00,"exportKwh":00000.00,"importKvarh":00000.00,' +
  '"activePowerKw":0.0000,"reactivePowerKvar":0.0000,"voltageV":[000.0,000.0,000.0],' +
  '"currentA":[0.000,0.000,0.000],"powerFactor":0.000,"frequencyHz":00.00}'
const HEAD = '{"kind":"curve","readings":['
const TAIL = ']}'

/** What a single-phase meter tells of each quarter hour: five values. */
const LEAN_ROW =
  '{"meter":"BM0000000","time":0000000000000,"importKwh":00000.00,"activePowerKw":0.0000,' +
  '"voltageV":000.0,"currentA":0.000,"powerFactor":0.000}'

/** Where the digits of a row stand; -1 where it has none. */
interface Layout {
  readonly row: string
  readonly phases: number
  readonly meter: number
  readonly time: number
  readonly importKwh: number
  readonly exportKwh: number
  readonly importKvarh: number
  readonly power: number
  readonly reactive: number
  readonly voltage: number
  readonly current: number
  readonly powerFactor: number
  readonly frequency: number
}

function layoutOf(row: string, phases: number): Layout {
  const after = (text: string): number => (row.includes(text) ? row.indexOf(text) + text.length : -1)
  return {
    ...{ row, phases },
    meter: after('"meter":"'),
    time: after('"time":'),
    importKwh: after('"importKwh":'),
    exportKwh: after('"exportKwh":'),
    importKvarh: after('"importKvarh":'),
    power: after('"activePowerKw":'),
    reactive: after('"reactivePowerKvar":'),
    voltage: after(phases > 1 ? '"voltageV":[' : '"voltageV":'),
    current: after(phases > 1 ? '"currentA":[' : '"currentA":'),
    powerFactor: after('"powerFactor":'),
    frequency: after('"frequencyHz":')
  }
}

const FULL = layoutOf(ROW, 3)
const LEAN = layoutOf(LEAN_ROW, 1)

/** Bytes of one reading on the wire, without the comma. */
export const ROW_BYTES = ROW.length
/** Values in one reading, without id and time. */
export const ROW_VALUES = 13

export interface FrameTemplate {
  /** A packet to be patched: one for each message in flight. */
  blank(): Uint8Array
  /** Patches the packet to be frame `frame` with that packet id. Clears the DUP flag. */
  fill(packet: Uint8Array, frame: number, packetId: number): void
}

/** The template of a terminal's packets. */
export function createTemplate(fleet: Fleet, terminal: number): FrameTemplate {
  const { batch, metersPerTerminal } = fleet
  const layout = fleet.lean === true ? LEAN : FULL
  const { row: rowText, meter: meterAt, time: timeAt } = layout
  const rowBytes = rowText.length + 1
  const topic = `gv1/${terminalId(terminal)}/readings`
  const body = HEAD + Array.from({ length: batch }, () => rowText).join(',') + TAIL
  const lengthBytes = encodeLength(2 + topic.length + 2 + body.length)
  const idAt = 1 + lengthBytes.length + 2 + topic.length
  const rowsAt = idAt + 2 + HEAD.length
  const packet = Buffer.concat([
    Buffer.from([0x32, ...lengthBytes, topic.length >>> 8, topic.length & 0xff]),
    Buffer.from(topic),
    Buffer.from([0, 0]),
    Buffer.from(body)
  ])
  const firstMeter = terminal * metersPerTerminal
  const reading = emptyReading()
  // Where a frame holds whole rounds of the terminal's meters, its ids never change.
  const sameIds = batch % metersPerTerminal === 0
  const patchId = (into: Uint8Array, row: number, meter: number): void => {
    const id = meterId(meter)
    for (let i = 2; i < id.length; i++) into[row + meterAt + i] = id.charCodeAt(i)
  }
  if (sameIds) {
    for (let i = 0; i < batch; i++)
      patchId(packet, rowsAt + i * rowBytes, firstMeter + (i % metersPerTerminal))
  }
  return {
    blank: () => Uint8Array.from(packet),
    fill(into, frame, packetId) {
      into[0] = 0x32
      into[idAt] = packetId >>> 8
      into[idAt + 1] = packetId & 0xff
      const number = frame * batch
      let slot = Math.floor(number / metersPerTerminal)
      let local = number - slot * metersPerTerminal
      let timed = -1
      for (let index = 0, row = rowsAt; index < batch; index++, row += rowBytes) {
        const meter = firstMeter + local
        if (!sameIds) patchId(into, row, meter)
        if (timed < 0 || local === 0) {
          const time = timeOf(fleet, slot)
          digits(into, row + timeAt, Math.floor(time / 1e6), 7)
          digits(into, row + timeAt + 7, time % 1e6, 6)
          timed = row + timeAt
        } else for (let i = 0; i < 13; i++) into[row + timeAt + i] = into[timed + i] ?? 48
        fillReading(fleet, meter, slot, reading)
        patchRow(into, row, reading, layout)
        if (++local === metersPerTerminal) {
          local = 0
          slot++
        }
      }
    }
  }
}

/** CONNECT with clean session; keepalive 0, so a sender that waits for acknowledgements needs no pings. */
export const connectPacket = (fleet: Fleet, terminal: number): Uint8Array =>
  connectAs(terminalId(terminal), terminalSecret(fleet.seed, terminal))

/** The same of any terminal. */
export function connectAs(id: string, secret: string): Uint8Array {
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.from([value.length >>> 8, value.length & 0xff]), Buffer.from(value)])
  const body = Buffer.concat([text('MQTT'), Buffer.from([4, 0xc2, 0, 0]), text(id), text(id), text(secret)])
  return Buffer.concat([Buffer.from([0x10, ...encodeLength(body.length)]), body])
}

/** JSON text of frame `frame` of a terminal: what a checker or a test parses. */
export function frameText(fleet: Fleet, terminal: number, frame: number): string {
  const template = createTemplate(fleet, terminal)
  const packet = template.blank()
  template.fill(packet, frame, 1)
  const text = Buffer.from(packet).toString('latin1')
  return text.slice(text.indexOf(HEAD))
}

function patchRow(into: Uint8Array, row: number, reading: FleetReading, at: Layout): void {
  register(into, row + at.importKwh, reading.importCenti)
  power(into, row + at.power, reading.powerTenthW)
  for (let phase = 0; phase < at.phases; phase++) {
    const volts = reading.voltageDeci[phase] ?? 0
    const place = row + at.voltage + phase * 6
    const whole = (volts / 10) | 0
    into[place] = 48 + ((whole / 100) | 0)
    pair(into, place + 1, whole % 100)
    into[place + 4] = 48 + (volts - whole * 10)
    thousandths(into, row + at.current + phase * 6, reading.currentMilli[phase] ?? 0)
  }
  thousandths(into, row + at.powerFactor, reading.powerFactorMilli)
  if (at.frequency < 0) return
  register(into, row + at.exportKwh, reading.exportCenti)
  register(into, row + at.importKvarh, reading.importKvarhCenti)
  power(into, row + at.reactive, reading.reactiveTenthVar)
  const hertz = (reading.frequencyCenti / 100) | 0
  pair(into, row + at.frequency, hertz)
  pair(into, row + at.frequency + 3, reading.frequencyCenti - hertz * 100)
}

/** Two decimal digits of each number below 100. */
const PAIRS = Uint8Array.from(
  { length: 200 },
  (_, i) => 48 + (i % 2 === 0 ? Math.floor(i / 20) : (i >> 1) % 10)
)

function pair(into: Uint8Array, at: number, value: number): void {
  into[at] = PAIRS[value * 2] ?? 48
  into[at + 1] = PAIRS[value * 2 + 1] ?? 48
}

/** ddddd.dd */
function register(into: Uint8Array, at: number, centi: number): void {
  const whole = (centi / 100) | 0
  const high = (whole / 10_000) | 0
  const low = whole - high * 10_000
  const middle = (low / 100) | 0
  into[at] = 48 + high
  pair(into, at + 1, middle)
  pair(into, at + 3, low - middle * 100)
  pair(into, at + 6, centi - whole * 100)
}

/** d.dddd */
function power(into: Uint8Array, at: number, value: number): void {
  const whole = (value / 10_000) | 0
  const rest = value - whole * 10_000
  const high = (rest / 100) | 0
  into[at] = 48 + whole
  pair(into, at + 2, high)
  pair(into, at + 4, rest - high * 100)
}

/** d.ddd */
function thousandths(into: Uint8Array, at: number, value: number): void {
  const whole = (value / 1000) | 0
  const rest = value - whole * 1000
  const tenths = (rest / 10) | 0
  into[at] = 48 + whole
  pair(into, at + 2, tenths)
  into[at + 4] = 48 + (rest - tenths * 10)
}

/** Any digits, for what is patched seldom. */
function digits(into: Uint8Array, at: number, value: number, count: number): void {
  let rest = value | 0
  for (let i = count - 1; i >= 0; i--) {
    const next = (rest / 10) | 0
    into[at + i] = 48 + rest - next * 10
    rest = next
  }
}

/** MQTT 3.1.1, 2.2.3: remaining length, seven bits a byte, low bits first. */
function encodeLength(length: number): number[] {
  const bytes: number[] = []
  let rest = length
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low | 128 : low)
  } while (rest > 0)
  return bytes
}
