import { DEVICE_KINDS } from '../../registry/tables.ts'
import type { DeviceKind, Devices } from './network.ts'

/** Names of what a city consists of, by number. */
const PREFIX: Readonly<Record<DeviceKind, string>> = {
  substation: 'SS',
  bus: 'BUS',
  feeder: 'F',
  section: 'SEC',
  switch: 'SW',
  fuse: 'FU',
  transformer: 'TR',
  box: 'BX'
}

const pad = (number: number, digits: number): string => String(number).padStart(digits, '0')

export const deviceId = ({ kind }: Devices, device: number): string =>
  `${PREFIX[DEVICE_KINDS[kind[device] ?? 0] ?? 'section']}${pad(device, 6)}`

export const boxId = (box: number): string => `${PREFIX.box}${pad(box, 6)}`
export const accountId = (customer: number): string => `A${pad(customer, 7)}`
export const pointId = (customer: number): string => `U${pad(customer, 7)}`
/** Twelve digits, as DL/T 645 addresses have. */
export const meterId = (customer: number): string => `3301${pad(customer, 8)}`
/** Of the meter that was there before, and that a registry still names which has not heard of the exchange. */
export const formerMeterId = (customer: number): string => `3302${pad(customer, 8)}`
export const checkMeterId = (transformer: number): string => `3303${pad(transformer, 8)}`
export const terminalId = (transformer: number): string => `T${pad(transformer, 6)}`

/** Everything of a hospital begins with its own id. */
export const hospitalId = (hospital: number): string => `KC${pad(hospital, 3)}`
export const hospitalMeterId = (hospital: number, feed: number): string =>
  `3304${pad(hospital * 2 + feed, 8)}`
export const hospitalTerminalId = (hospital: number): string => `T-${hospitalId(hospital)}`
