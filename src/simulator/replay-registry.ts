import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCredentials, writeCredentials } from './credentials.ts'
import { REGISTER_DECIMALS } from './replay-messages.ts'
import { IHEPC_METER, type MeterSeries } from './replay-source.ts'

/** Most meters of one concentrator in a replay. */
export const METERS_PER_TERMINAL = 32

export interface ReplayTerminal {
  readonly id: string
  readonly meters: readonly MeterSeries[]
}

/** Meters spread over concentrators R001, R002, …, in file order. */
export function spreadOverTerminals(all: readonly MeterSeries[]): ReplayTerminal[] {
  const terminals: ReplayTerminal[] = []
  for (let first = 0; first < all.length; first += METERS_PER_TERMINAL) {
    terminals.push({
      id: `R${String(terminals.length + 1).padStart(3, '0')}`,
      meters: all.slice(first, first + METERS_PER_TERMINAL)
    })
  }
  return terminals
}

/** Writes the registry that a replay needs, and `credentials.csv` with new random secrets, into `folder`. */
export function writeReplayRegistry(folder: string, terminals: readonly ReplayTerminal[]): void {
  mkdirSync(folder, { recursive: true })
  const write = (name: string, header: string, rows: readonly string[]): void =>
    writeFileSync(join(folder, name), `${[header, ...rows].join('\n')}\n`)
  const meters = terminals.flatMap(terminal =>
    terminal.meters.map(series => ({ series, terminal: terminal.id }))
  )
  write('devices.csv', 'id,kind,name,parent,nominal_kv', [
    'RF1,feeder,Replay feeder,,10',
    ...terminals.map(({ id }) => `RT-${id},transformer,Replay transformer ${id},RF1,0.4`)
  ])
  write(
    'usage_points.csv',
    'id,account,device,role,metering_side,tariff',
    meters.map(
      ({ series, terminal }) => `U-${series.meter},A-${series.meter},RT-${terminal},supply,lv,single`
    )
  )
  write(
    'terminals.csv',
    'id,kind,powered_by,sample_interval_s,upload_interval_s,upload_delay_s,heartbeat_s,backup',
    terminals.map(({ id, meters: [first] }) => {
      const sampleS = (first?.intervalMs ?? 0) / 1000
      return `${id},concentrator,RT-${id},${sampleS},${sampleS},60,60,none`
    })
  )
  // Ratings stay blank where the file does not tell: the largest of these customers draws 461 kW.
  write(
    'meters.csv',
    'id,usage_point,terminal,wiring,rated_v,ct_ratio,pt_ratio,register_digits,register_decimals',
    meters.map(({ series, terminal }) => {
      const { meter } = series
      const wiring = meter === IHEPC_METER ? '1p2w' : ''
      return `${meter},U-${meter},${terminal},${wiring},230,1,1,8,${REGISTER_DECIMALS}`
    })
  )
  writeCredentials(join(folder, 'credentials.csv'), makeCredentials(terminals.map(terminal => terminal.id)))
}
