import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The least registry: one terminal T0 with the given meters. @returns its folder, made inside `parent` */
export function makeRegistryFolder(parent: string, meters: readonly string[] = ['M0']): string {
  const folder = join(parent, 'registry')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'terminals.csv'), 'id\nT0\n')
  const rows = meters.map(meter => `${meter},T0,U-${meter},1p2w,220,60,6,2,1\n`)
  writeFileSync(
    join(folder, 'meters.csv'),
    `id,terminal,usage_point,wiring,rated_v,rated_a,register_digits,register_decimals,ct_ratio\n${rows.join('')}`
  )
  return folder
}
