import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quoteCell } from '../registry/read/issues.ts'
import { readSecrets } from '../registry/read/secrets-file.ts'
import { type Credentials, makeCredentials, writeCredentials } from './credentials.ts'
import { CHECK_METER_CT, type District, makeDistrict } from './district.ts'

/** The registry files of the district: text by file name. Every device is named as simulated. */
export function districtRegistry(seed: string, households: number): Map<string, string> {
  const district = makeDistrict(seed, households)
  return new Map([
    ['devices.csv', devicesCsv(district)],
    ['usage_points.csv', usagePointsCsv(district)],
    ['terminals.csv', terminalsCsv(district)],
    ['meters.csv', metersCsv(district)]
  ])
}

/**
 * Writes registry and `credentials.csv` into `folder`. Secrets that are there already are kept, so that a restart
 * does not lock the terminals out.
 */
export function writeDistrict(folder: string, seed: string, households: number): Credentials {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of districtRegistry(seed, households)) writeFileSync(join(folder, name), text)
  const path = join(folder, 'credentials.csv')
  const terminals = makeDistrict(seed, households).terminals.map(terminal => terminal.id)
  const credentials = new Map(makeCredentials(terminals))
  if (existsSync(path)) for (const [id, secret] of readSecrets(path)) credentials.set(id, secret)
  writeCredentials(path, credentials)
  return credentials
}

const toCsv = (header: string, rows: readonly (readonly (string | number)[])[]): string =>
  `${[header, ...rows.map(row => row.map(cell => quoteCell(String(cell))).join(','))].join('\n')}\n`

function devicesCsv({ feeder, transformers }: District): string {
  return toCsv('id,kind,name,parent,rated_kva,nominal_kv,vector_group', [
    [feeder, 'feeder', '模拟馈线1 / Feeder 1 (simulated)', '', '', 10, ''],
    ...transformers.map(({ id, ratedKva }, i) => {
      const name = `模拟台区${i + 1} / Transformer ${i + 1} (simulated)`
      return [id, 'transformer', name, feeder, ratedKva, 0.4, 'Dyn11']
    })
  ])
}

function usagePointsCsv({ transformers }: District): string {
  const rows = transformers.flatMap(transformer =>
    transformer.customers.map(({ usagePoint, account, phase, kind }) => {
      const contractKva = { home: 8, shop: 20, clinic: 50 }[kind]
      return [usagePoint, account, transformer.id, phase, 'supply', 'lv', contractKva, 'single']
    })
  )
  return toCsv('id,account,device,phase,role,metering_side,contract_kva,tariff', rows)
}

function terminalsCsv({ terminals, transformers }: District): string {
  const rows = terminals.map(({ id, transformer }) => {
    const device = transformers[transformer]?.id ?? ''
    return [id, 'concentrator', device, 900, 15, 5, 60, 'simulated', 'simulated', 'supercap', 'simulated']
  })
  const columns =
    'sample_interval_s,upload_interval_s,upload_delay_s,heartbeat_s,carrier,cell,backup,protocol'
  return toCsv(`id,kind,powered_by,${columns}`, rows)
}

function metersCsv({ transformers }: District): string {
  const installed = '2025-01-01'
  const rows = transformers.flatMap(({ id, checkMeter, checkTerminal, customers }) => [
    [
      checkMeter,
      `SIM-${checkMeter}`,
      '',
      id,
      checkTerminal,
      '3p4w',
      220,
      5,
      CHECK_METER_CT,
      1,
      6,
      2,
      installed
    ],
    ...customers.map(({ meter, usagePoint, terminal, kind }) => {
      const built = kind === 'home' ? ['1p2w', 220, 60] : ['3p4w', 220, 100]
      return [meter, `SIM-${meter}`, usagePoint, '', terminal, ...built, 1, 1, 6, 2, installed]
    })
  ])
  const columns = 'wiring,rated_v,rated_a,ct_ratio,pt_ratio,register_digits,register_decimals,installed_at'
  return toCsv(`id,asset_no,usage_point,device,terminal,${columns}`, rows)
}
