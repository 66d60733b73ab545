import type { City } from './city.ts'
import type { CsvWriter, OpenFile } from './csv-writer.ts'
import type { Hospital } from './hospital.ts'
import { deviceId, hospitalId, hospitalMeterId, hospitalTerminalId, pointId } from './ids.ts'
import type { Rhythm } from './terminals.ts'

interface SharedFiles {
  readonly accounts: CsvWriter
  readonly points: CsvWriter
  readonly terminals: CsvWriter
  readonly meters: CsvWriter
}

/** Hospitals are measured at 10 kV: 100 V and 5 A at the meter. */
const PT_RATIO = 100
const HOSPITAL_CT = 40
const SAMPLE_S = 60
const UPLOAD_S = 300
const DELAY_S = 5

/** Key customers with their sources and sections, and what of them stands in the other files. */
export function writeHospitals(
  city: City,
  rhythm: Rhythm,
  isFeedWrong: boolean,
  open: OpenFile,
  files: SharedFiles
): void {
  const customers = open(
    'key_customers.csv',
    'id,name,category,grade,accounts,security_load_kw,plan_version,plan_date'
  )
  const sources = open(
    'supply_sources.csv',
    'id,key_customer,kind,usage_point,meter,measured_at,terminal,mode,route_group,voltage_kv,capacity_kw,start_class_s,' +
      'fuel_litres,fuel_declared_on,litres_per_kwh,reserve_litres,battery_kwh,battery_minutes'
  )
  const sections = open(
    'load_sections.csv',
    'id,key_customer,name,class,load_kw,meter,sources,transfer,allowed_gap_s,interlock'
  )
  for (const hospital of city.hospitals) {
    writeFeeds(city, hospital, isFeedWrong, files, sources)
    writePlant(hospital, sources)
    writeSections(hospital, sections)
    const id = hospitalId(hospital.number)
    const name = `模拟医院${hospital.number + 1}`
    customers.row(id, name, 'hospital', 'first', `A-${id}`, hospital.securityKw, '1', '2026-01-15')
    files.accounts.row(`A-${id}`, 'public')
    files.terminals.row(
      hospitalTerminalId(hospital.number),
      'dedicated',
      '',
      Math.min(SAMPLE_S, rhythm.sampleS),
      Math.min(UPLOAD_S, rhythm.uploadS),
      Math.min(DELAY_S, rhythm.uploadS / 5),
      Math.min(SAMPLE_S, rhythm.heartbeatS),
      'CMCC',
      '460-00-500500',
      'battery'
    )
  }
}

/** What keeps two sources of a section apart. */
const INTERLOCK = 'mechanical'

function writeFeeds(
  { network, customers }: City,
  { number, feeds, peakKw }: Hospital,
  isFeedWrong: boolean,
  { points, meters }: SharedFiles,
  sources: CsvWriter
): void {
  const id = hospitalId(number)
  feeds.forEach((section, feed) => {
    const point = `U-${id}-${feed + 1}`
    const meter = hospitalMeterId(number, feed)
    const demand = feed === 0 ? peakKw : ''
    const kva = Math.ceil(peakKw / 0.9)
    points.row(
      point,
      `A-${id}`,
      deviceId(network.devices, section),
      'ABC',
      'supply',
      'hv',
      kva,
      'two-part-demand',
      demand
    )
    meters.row(meter, point, '', hospitalTerminalId(number), '3p3w', 100, 5, HOSPITAL_CT, PT_RATIO, 6, 2)
    const mode = feed === 0 ? 'main' : 'standby'
    const route = `${id}-${mode}`
    sources.row(
      `${id}-G${feed + 1}`,
      id,
      'grid',
      isFeedWrong && feed === 1 ? strangerOn(feeds[0], network, customers) : point,
      meter,
      'line',
      '',
      mode,
      route,
      10,
      kva,
      '',
      '',
      '',
      '',
      '',
      '',
      ''
    )
  })
}

/** The usage point of some customer of the feeder that a device of it is on. */
function strangerOn(
  device: number,
  { devices: { parent }, transformers }: City['network'],
  { transformer }: City['customers']
): string {
  const isBelow = (at: number): boolean => at === device || (at >= 0 && isBelow(parent[at] ?? -1))
  return pointId(transformer.findIndex(number => isBelow(transformers[number] ?? -1)))
}

function writePlant(hospital: Hospital, sources: CsvWriter): void {
  const id = hospitalId(hospital.number)
  const { generatorKw, fuelLitres, batteryKwh, batteryMinutes, securityKw } = hospital
  const own = (name: string, kind: string, ...rest: readonly (string | number)[]): void =>
    sources.row(
      `${id}-${name}`,
      id,
      kind,
      '',
      '',
      '',
      hospitalTerminalId(hospital.number),
      'standby',
      '',
      0.4,
      ...rest
    )
  own(
    'GEN',
    'generator',
    generatorKw,
    15,
    fuelLitres,
    '2026-11-01',
    0.27,
    Math.round(fuelLitres / 10),
    '',
    ''
  )
  own('UPS', 'ups', Math.round(securityKw / 3), 0, '', '', '', '', batteryKwh, batteryMinutes)
}

function writeSections({ number, peakKw, securityKw }: Hospital, sections: CsvWriter): void {
  const id = hospitalId(number)
  const grid = `${id}-G1;${id}-G2`
  const essential = Math.round(peakKw * 0.3)
  const general = peakKw - securityKw - essential
  sections.row(
    `${id}-S1`,
    id,
    '手术与重症',
    'security',
    securityKw,
    '',
    `${grid};${id}-GEN`,
    'ats',
    15,
    INTERLOCK
  )
  sections.row(`${id}-S2`, id, '门诊', 'essential', essential, '', `${grid};${id}-GEN`, 'ats', 60, INTERLOCK)
  // Of every other hospital somebody has to go and throw the switch of the general load.
  const [transfer, gap] = number % 2 === 0 ? ['ats', 300] : ['manual', '']
  sections.row(`${id}-S3`, id, '一般负荷', 'general', general, '', grid, transfer, gap, INTERLOCK)
}
