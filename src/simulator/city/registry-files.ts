import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { BACKUPS, DEVICE_KINDS } from '../../registry/tables.ts'
import type { City } from './city.ts'
import { CsvWriter, type OpenFile } from './csv-writer.ts'
import { CUSTOMER_KINDS, type CustomerKind, PHASES } from './customers.ts'
import type { Dirt } from './dirt.ts'
import { writeHospitals } from './hospital-files.ts'
import {
  accountId,
  boxId,
  checkMeterId,
  deviceId,
  formerMeterId,
  meterId,
  pointId,
  terminalId
} from './ids.ts'
import { VECTOR_GROUPS } from './network.ts'
import { CARRIERS, NETWORKS, type Rhythm, USUAL_RHYTHM } from './terminals.ts'

const CATEGORY: Readonly<Record<CustomerKind, string>> = {
  home: 'residential',
  shop: 'commercial',
  factory: 'industrial'
}
const CONTRACT_KVA: Readonly<Record<CustomerKind, readonly [onePhase: number, threePhases: number]>> = {
  home: [8, 20],
  shop: [16, 50],
  factory: [160, 160]
}
/** Nominal voltage below a kind of device, kV. */
const NOMINAL_KV = { substation: 110, transformer: 0.4, box: 0.4 } as const
/** Middle of the made-up city, and degrees of a kilometre there. */
const [LATITUDE, LONGITUDE] = [30.2, 120.1]
const [LATITUDE_KM, LONGITUDE_KM] = [1 / 110.9, 1 / 96.2]
/** Low-voltage side of a transformer at full load, A for a kVA. */
const AMPERES_PER_KVA = 1000 / (Math.sqrt(3) * 400)
const CT_STEPS = [100, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 4000] as const
/** Current transformers have a secondary of 5 A. */
const SECONDARY_A = 5
/** Kinds of devices in the names of made-up ones. */
const NAMES: Readonly<Record<(typeof DEVICE_KINDS)[number], readonly [zh: string, en: string]>> = {
  substation: ['变电站', 'Substation'],
  bus: ['母线', 'Bus'],
  feeder: ['馈线', 'Feeder'],
  section: ['分段', 'Section'],
  switch: ['开关', 'Switch'],
  fuse: ['支线', 'Lateral'],
  transformer: ['台区', 'Transformer'],
  box: ['表箱', 'Box']
}

/** A made-up device says so wherever its name is shown. */
const nameOf = (kind: (typeof DEVICE_KINDS)[number], number: number): string =>
  `模拟${NAMES[kind][0]}${number} / ${NAMES[kind][1]} ${number} (simulated)`

/**
 * Writes the registry files of a city into `folder`: as things are, or, with `dirt`, as a utility has them in its books.
 */
export function writeCityRegistry(city: City, folder: string, dirt?: Dirt, rhythm = USUAL_RHYTHM): void {
  mkdirSync(folder, { recursive: true })
  const files: CsvWriter[] = []
  const open: OpenFile = (name, header) => {
    const file = new CsvWriter(join(folder, name), header)
    files.push(file)
    return file
  }
  const devices = open(
    'devices.csv',
    'id,kind,name,parent,rated_kva,nominal_kv,vector_group,latitude,longitude'
  )
  const accounts = open('accounts.csv', 'id,category')
  const points = open(
    'usage_points.csv',
    'id,account,device,phase,role,metering_side,contract_kva,tariff,contract_demand_kw'
  )
  const terminals = open(
    'terminals.csv',
    'id,kind,powered_by,sample_interval_s,upload_interval_s,upload_delay_s,heartbeat_s,carrier,cell,backup'
  )
  const meters = open(
    'meters.csv',
    'id,usage_point,device,terminal,wiring,rated_v,rated_a,ct_ratio,pt_ratio,register_digits,register_decimals'
  )
  writeDevices(city, devices)
  writeTies(city, open)
  writeCustomers(city, dirt, { accounts, points, meters })
  writeTerminals(city, rhythm, terminals, meters)
  writeHospitals(city, rhythm, dirt?.isFeedWrong === true, open, { accounts, points, terminals, meters })
  for (const file of files) file.close()
}

function writeDevices({ network: { devices, transformers }, customers }: City, file: CsvWriter): void {
  for (let device = 0; device < devices.count; device++) {
    const kind = DEVICE_KINDS[devices.kind[device] ?? 0] ?? 'section'
    const parent = devices.parent[device] ?? -1
    const kva = devices.ratedKva[device] ?? Number.NaN
    file.row(
      deviceId(devices, device),
      kind,
      nameOf(kind, device),
      parent < 0 ? '' : deviceId(devices, parent),
      Number.isNaN(kva) ? '' : kva,
      NOMINAL_KV[kind as keyof typeof NOMINAL_KV] ?? 10,
      VECTOR_GROUPS[devices.vectorGroup[device] ?? 0] ?? '',
      (LATITUDE + (devices.y[device] ?? 0) * LATITUDE_KM).toFixed(5),
      (LONGITUDE + (devices.x[device] ?? 0) * LONGITUDE_KM).toFixed(5)
    )
  }
  customers.boxTransformer.forEach((transformer, box) => {
    file.row(
      boxId(box),
      'box',
      nameOf('box', box),
      deviceId(devices, transformers[transformer] ?? 0),
      '',
      NOMINAL_KV.box,
      '',
      '',
      ''
    )
  })
}

function writeTies({ network: { devices, ties } }: City, open: OpenFile): void {
  const file = open('ties.csv', 'id,device_a,device_b,capacity_kva,normally_open')
  ties.forEach(({ a, b, capacityKva }, i) => {
    file.row(`TIE${i + 1}`, deviceId(devices, a), deviceId(devices, b), capacityKva, 'true')
  })
}

interface CustomerFiles {
  readonly accounts: CsvWriter
  readonly points: CsvWriter
  readonly meters: CsvWriter
}

function writeCustomers({ customers }: City, dirt: Dirt | undefined, files: CustomerFiles): void {
  for (let customer = 0; customer < customers.count; customer++) {
    const kind = CUSTOMER_KINDS[customers.kind[customer] ?? 0] ?? 'home'
    const phase = PHASES[customers.phase[customer] ?? 0] ?? 'A'
    const isThree = phase === 'ABC'
    const box = (dirt?.box ?? customers.box)[customer] ?? 0
    // Which phases a three-phase meter has is plain to see.
    const isUnknown = dirt?.isPhaseUnknown[customer] === 1 && !isThree
    const isHere = dirt === undefined || dirt.isExchanged[customer] === 0
    files.accounts.row(accountId(customer), CATEGORY[kind])
    files.points.row(
      pointId(customer),
      accountId(customer),
      boxId(box),
      isUnknown ? '' : phase,
      'supply',
      'lv',
      CONTRACT_KVA[kind][isThree ? 1 : 0],
      'single',
      ''
    )
    files.meters.row(
      isHere ? meterId(customer) : formerMeterId(customer),
      pointId(customer),
      '',
      terminalId(customers.transformer[customer] ?? 0),
      isThree ? '3p4w' : '1p2w',
      220,
      isThree && kind === 'factory' ? SECONDARY_A : 60,
      customers.ctRatio[customer] ?? 1,
      1,
      6,
      2
    )
  }
}

/** The concentrators, and the check meters that they read. */
function writeTerminals(
  { network: { devices, transformers }, terminals }: City,
  { sampleS, uploadS, uploadDelayS, heartbeatS }: Rhythm,
  file: CsvWriter,
  meters: CsvWriter
): void {
  transformers.forEach((device, i) => {
    const poweredBy = transformers[terminals.poweredBy[i] ?? i] ?? device
    file.row(
      terminalId(i),
      'concentrator',
      deviceId(devices, poweredBy),
      sampleS,
      uploadS,
      uploadDelayS === undefined ? (terminals.uploadDelayS[i] ?? 0) : 1 + ((i * 5) % uploadDelayS),
      heartbeatS,
      CARRIERS[terminals.carrier[i] ?? 0] ?? '',
      `${NETWORKS[terminals.carrier[i] ?? 0]}-${terminals.cell[i]}`,
      BACKUPS[terminals.backup[i] ?? 0] ?? ''
    )
    const ct = currentRatio(devices.ratedKva[device] ?? 0)
    meters.row(
      checkMeterId(i),
      '',
      deviceId(devices, device),
      terminalId(i),
      '3p4w',
      220,
      SECONDARY_A,
      ct,
      1,
      6,
      2
    )
  })
}

/** Ratio of the current transformers of a check meter: the step above the rated current. */
export function currentRatio(ratedKva: number): number {
  const amperes = ratedKva * AMPERES_PER_KVA
  return (CT_STEPS.find(step => step >= amperes) ?? Math.ceil(amperes / 1000) * 1000) / SECONDARY_A
}
