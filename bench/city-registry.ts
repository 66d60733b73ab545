import { mkdirSync } from 'node:fs'
import type { CityFile } from './city-dirt.ts'
import { CsvFile, type DirtyRow, type FileForm } from './csv-file.ts'

/**
 * The registry of a city as a folder of CSV files, all a function of the seed, written as it is made:
 *
 *   substation ─ feeder ─ section ─ section ─ … ─ transformer (200 meters) ─ box (12 meters) ─ usage point ─ meter
 *                            └─ tie ┈ section of the next feeder    └ terminal, check meter
 *
 * One meter in fifty was exchanged (two meters at its point), one in a hundred has moved (two rows of one meter). The
 * files differ in form as those of real systems do: GB 18030, byte order mark, CRLF, and a share of their rows is dirty.
 */
export interface CityOptions {
  readonly meters: number
  readonly seed: number
  /** Share of dirty rows, 0..1. */
  readonly dirty: number
  /** How many meters have another rating than the seed gives them: the change that a diff has to find. */
  readonly changed: number
}

export interface City {
  readonly rows: Readonly<Record<string, number>>
  readonly dirty: readonly DirtyRow[]
}

const METERS_PER_TRANSFORMER = 200
const METERS_PER_BOX = 12
const TRANSFORMERS_PER_FEEDER = 20
const FEEDERS_PER_SUBSTATION = 25
const METERS_PER_CUSTOMER = 2000
/** Meters that stand where an exchanged one was, and those that have moved. */
const EXCHANGED = 50
const MOVED = 100

const pad = (number: number, digits: number): string => String(number).padStart(digits, '0')
export const cityMeter = (meter: number): string => `3301${pad(meter, 8)}`
const pointOf = (meter: number): string => `6001${pad(meter, 8)}`
const accountOf = (meter: number): string => `31${pad(meter, 8)}`
const boxOf = (meter: number): string => `BOX${pad(Math.floor(meter / METERS_PER_BOX), 6)}`
const transformer = (number: number): string => `TR${pad(number, 5)}`
const terminal = (number: number): string => `T${pad(number, 5)}`
const section = (number: number): string => `SEC${pad(number, 5)}`
const feeder = (number: number): string => `F${pad(number, 4)}`
const ownerOf = (meter: number): number => Math.floor(meter / METERS_PER_TRANSFORMER)

type Open = (name: CityFile, header: string, form?: FileForm) => CsvFile

/** Writes the city's files into `folder`. */
export function writeCity(folder: string, options: CityOptions): City {
  mkdirSync(folder, { recursive: true })
  const files: CsvFile[] = []
  const open: Open = (name, header, form) => {
    const file = new CsvFile(folder, name, header, options.seed, options.dirty, form)
    files.push(file)
    return file
  }
  writeNetwork(open, options)
  writeSupply(open, options)
  writeMeters(open, options)
  writeKeyCustomers(open, options)
  for (const file of files) file.close()
  return {
    rows: Object.fromEntries(files.map(({ name, rows }) => [name, rows])),
    dirty: files.flatMap(file => file.dirty)
  }
}

/** Of boxes and ties alone rows are dirty: one bad feeder would take its whole town along. */
function writeNetwork(open: Open, { meters }: CityOptions): void {
  const devices = open(
    'devices.csv',
    'id,kind,name,parent,phases,rated_kva,rated_a,nominal_kv,vector_group,latitude,longitude',
    { gb18030: true }
  )
  const transformers = Math.ceil(meters / METERS_PER_TRANSFORMER)
  const feeders = Math.ceil(transformers / TRANSFORMERS_PER_FEEDER)
  for (let i = 0; i < Math.ceil(feeders / FEEDERS_PER_SUBSTATION); i++)
    devices.addGood(
      `SS${i}`,
      'substation',
      `城北${i}变电站`,
      '',
      'ABC',
      '63000',
      '',
      '110',
      '',
      '30.2',
      '120.1'
    )
  for (let i = 0; i < feeders; i++) {
    const above = `SS${Math.floor(i / FEEDERS_PER_SUBSTATION)}`
    devices.addGood(feeder(i), 'feeder', `馈线${i}`, above, 'ABC', '', '630', '10', '', '', '')
  }
  for (let i = 0; i < transformers; i++) {
    const isFirst = i % TRANSFORMERS_PER_FEEDER === 0
    const above = isFirst ? feeder(Math.floor(i / TRANSFORMERS_PER_FEEDER)) : section(i - 1)
    const kind = i % 4 === 1 ? 'switch' : 'section'
    devices.addGood(section(i), kind, `分段${i}`, above, 'ABC', '', '400', '10', '', '', '')
    const place = [(30 + (i % 1000) / 2000).toFixed(4), (120 + (i % 777) / 1500).toFixed(4)]
    devices.addGood(
      transformer(i),
      'transformer',
      `配变${i}`,
      section(i),
      'ABC',
      '630',
      '',
      '0.4',
      'Dyn11',
      ...place
    )
  }
  for (let meter = 0; meter < meters; meter += METERS_PER_BOX)
    devices.add(boxOf(meter), 'box', '', transformer(ownerOf(meter)), 'ABC', '', '200', '0.4', '', '', '')
  const ties = open('ties.csv', 'id,device_a,device_b,capacity_kva,normally_open')
  // From everywhere to the same place of the next feeder: a substation's network is meshed.
  for (let i = 0; i + TRANSFORMERS_PER_FEEDER < transformers; i += 5)
    ties.add(`TIE${pad(i, 5)}`, section(i), section(i + TRANSFORMERS_PER_FEEDER), '6000', 'true')
}

function writeSupply(open: Open, { meters }: CityOptions): void {
  const accounts = open('accounts.csv', 'id,name,category,address,phone_hash', { bom: true })
  const points = open(
    'usage_points.csv',
    'id,account,device,phase,role,metering_side,contract_kva,tariff,contract_demand_kw,households_behind',
    { crlf: true }
  )
  for (let meter = 0; meter < meters; meter++) {
    const category = meter % 20 === 0 ? 'commercial' : 'residential'
    const hash = (Math.imul(meter + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
    accounts.add(accountOf(meter), `户主${meter}`, category, `城北路${meter >> 4}号${meter & 15}室`, hash)
    const phase = ['A', 'B', 'C', ''][meter % 4] ?? ''
    points.add(pointOf(meter), accountOf(meter), boxOf(meter), phase, 'supply', 'lv', '8', 'single', '', '')
  }
  const terminals = open(
    'terminals.csv',
    'id,kind,powered_by,sample_interval_s,upload_interval_s,upload_delay_s,heartbeat_s,carrier,cell,backup,protocol'
  )
  for (let i = 0; i < Math.ceil(meters / METERS_PER_TRANSFORMER); i++) {
    const cell = `460-00-${1000 + (i >> 3)}`
    terminals.add(
      terminal(i),
      'concentrator',
      transformer(i),
      '900',
      '900',
      '60',
      '300',
      'cmcc',
      cell,
      'supercap',
      '645'
    )
  }
}

function writeMeters(open: Open, { meters, changed }: CityOptions): void {
  const file = open(
    'meters.csv',
    'id,asset_no,address,usage_point,device,terminal,wiring,rated_v,rated_a,ct_ratio,pt_ratio,register_digits,' +
      'register_decimals,installed_at,initial_register,removed_at,removed_register'
  )
  const every = changed === 0 ? Number.POSITIVE_INFINITY : Math.floor(meters / changed)
  for (let meter = 0; meter < meters; meter++) {
    const id = cityMeter(meter)
    const owner = terminal(ownerOf(meter))
    const ratedA = meter % every === 1 ? '100' : '60'
    const form = ['1p2w', '220', ratedA, '', '', '6', '2']
    const put = (name: string, where: string, from: string, first: string, to: string, last: string): void =>
      file.add(name, `ZC${name}`, name, where, '', owner, ...form, from, first, to, last)
    const point = pointOf(meter)
    if (meter % EXCHANGED === 7) put(`9${id}`, point, '2018-03-01', '0', '2021-06-01', '20480.5')
    // It hung at a point that has left the books since: only that part of its life is history.
    else if (meter % MOVED === 13) put(id, point, '2018-03-01', '0', '2021-06-01', '811.25')
    put(id, point, meter % 2 === 0 ? '2021-06-01' : '2021-06-01T09:30', '0', '', '')
    if (meter % METERS_PER_TRANSFORMER === 0) {
      const check = ['3p4w', '220', '5', '200', '', '6', '2', '2019-01-01', '', '', '']
      file.add(`K${id}`, '', '', '', transformer(ownerOf(meter)), owner, ...check)
    }
  }
}

function writeKeyCustomers(open: Open, { meters }: CityOptions): void {
  const suspensions = open('suspensions.csv', 'usage_point,kind,kept_kva,from,to')
  const outages = open('planned_outages.csv', 'id,type,devices,from,to,announced_at,state,ticket')
  const customers = open('key_customers.csv', 'id,name,category,grade,accounts,utility_manager,duty_phone')
  const sources = open('supply_sources.csv', 'id,key_customer,kind,usage_point,meter,mode,capacity_kw')
  const sections = open('load_sections.csv', 'id,key_customer,name,class,load_kw,meter,sources,transfer')
  for (let i = 0; i < Math.ceil(meters / METERS_PER_CUSTOMER); i++) {
    const meter = Math.min(i * METERS_PER_CUSTOMER + 1, meters - 1)
    suspensions.add(pointOf(meter), 'reduction', '4', '2026-01-01', '2026-12-31')
    const box = `${transformer(ownerOf(meter))}; ${section(ownerOf(meter))}`
    outages.add(
      `P${pad(i, 5)}`,
      'planned',
      box,
      '2026-11-20T08:00',
      '2026-11-20T17:00',
      '2026-11-13',
      'planned',
      `W${i}`
    )
    const id = `K${pad(i, 5)}`
    customers.add(id, `第${i}医院`, 'hospital', 'first', accountOf(meter), `经理${i}`, `1390000${pad(i, 4)}`)
    const [grid, own] = [`SRC${pad(i, 5)}G`, `SRC${pad(i, 5)}D`]
    sources.add(grid, id, 'grid', pointOf(meter), cityMeter(meter), 'main', '800')
    sources.addGood(own, id, 'generator', '', '', 'standby', '400')
    sections.add(`L${pad(i, 5)}`, id, '手术室', 'security', '120', '', `${grid};${own}`, 'ats')
  }
}
