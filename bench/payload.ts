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

const after = (text: string): number => ROW.indexOf(text) + text.length
const AT = {
  meter: after('"meter":"'),
  time: after('"time":'),
  importKwh: after('"importKwh":'),
  exportKwh: after('"exportKwh":'),
  importKvarh: after('"importKvarh":'),
  power: after('"activePowerKw":'),
  reactive: after('"reactivePowerKvar":'),
  voltage: after('"voltageV":['),
  current: after('"currentA":['),
  powerFactor: after('"powerFactor":'),
  frequency: after('"frequencyHz":')
} as const

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
  const topic = `gv1/${terminalId(terminal)}/readings`
  const body = HEAD + Array.from({ length: fleet.batch }, () => ROW).join(',') + TAIL
  const remaining = 2 + topic.length + 2 + body.length
  const lengthBytes = encodeLength(remaining)
  const idAt = 1 + lengthBytes.length + 2 + topic.length
  const packet = Buffer.concat([
    Buffer.from([0x32, ...lengthBytes, topic.length >>> 8, topic.length & 0xff]),
    Buffer.from(topic),
    Buffer.from([0, 0]),
    Buffer.from(body)
  ])
  const rowsAt = idAt + 2 + HEAD.length
  const reading = emptyReading()
  return {
    blank: () => Uint8Array.from(packet),
    fill(into, frame, packetId) {
      into[0] = 0x32
      into[idAt] = packetId >>> 8
      into[idAt + 1] = packetId & 0xff
      const { batch, metersPerTerminal } = fleet
      for (let index = 0; index < batch; index++) {
        const number = frame * batch + index
        const meter = terminal * metersPerTerminal + (number % metersPerTerminal)
        const slot = Math.floor(number / metersPerTerminal)
        fillReading(fleet, meter, slot, reading)
        patchRow(into, rowsAt + index * (ROW_BYTES + 1), meter, timeOf(fleet, slot), reading)
      }
    }
  }
}

/** CONNECT with clean session; keepalive 0, so a sender that waits for acknowledgements needs no pings. */
export function connectPacket(fleet: Fleet, terminal: number): Uint8Array {
  const id = terminalId(terminal)
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.from([value.length >>> 8, value.length & 0xff]), Buffer.from(value)])
  const body = Buffer.concat([
    text('MQTT'),
    Buffer.from([4, 0xc2, 0, 0]),
    text(id),
    text(id),
    text(terminalSecret(fleet.seed, terminal))
  ])
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

function patchRow(into: Uint8Array, row: number, meter: number, time: number, reading: FleetReading): void {
  // The id is rewritten too: which meters a frame holds changes when batch and meters of a terminal differ.
  const id = meterId(meter)
  for (let i = 2; i < id.length; i++) into[row + AT.meter + i] = id.charCodeAt(i)
  digits(into, row + AT.time, Math.floor(time / 1e6), 7)
  digits(into, row + AT.time + 7, time % 1e6, 6)
  fixed(into, row + AT.importKwh, reading.importCenti, 5, 2)
  fixed(into, row + AT.exportKwh, reading.exportCenti, 5, 2)
  fixed(into, row + AT.importKvarh, reading.importKvarhCenti, 5, 2)
  fixed(into, row + AT.power, reading.powerTenthW, 1, 4)
  fixed(into, row + AT.reactive, reading.reactiveTenthVar, 1, 4)
  for (let phase = 0; phase < 3; phase++) {
    fixed(into, row + AT.voltage + phase * 6, reading.voltageDeci[phase] ?? 0, 3, 1)
    fixed(into, row + AT.current + phase * 6, reading.currentMilli[phase] ?? 0, 1, 3)
  }
  fixed(into, row + AT.powerFactor, reading.powerFactorMilli, 1, 3)
  fixed(into, row + AT.frequency, reading.frequencyCenti, 2, 2)
}

/** `value` of the last digit as whole digits, a point (already there) and decimals. */
function fixed(into: Uint8Array, at: number, value: number, whole: number, decimals: number): void {
  const scale = POWERS[decimals] ?? 1
  const integer = (value / scale) | 0
  digits(into, at, integer, whole)
  digits(into, at + whole + 1, value - integer * scale, decimals)
}

function digits(into: Uint8Array, at: number, value: number, count: number): void {
  let rest = value | 0
  for (let i = count - 1; i >= 0; i--) {
    const next = (rest / 10) | 0
    into[at + i] = 48 + rest - next * 10
    rest = next
  }
}

const POWERS = [1, 10, 100, 1000, 10_000]

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
