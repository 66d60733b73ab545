import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A small registry that is right in every row; tests replace single files. */
export const GOOD: Readonly<Record<string, string>> = {
  'devices.csv': 'id,kind,name,parent\nF1,feeder,Feeder 1,\nT1,transformer,Transformer 1,F1\n',
  'usage_points.csv': 'id,account,device,phase\nU1,A1,T1,A\nU2,A2,T1,\n',
  'terminals.csv': 'id,kind,powered_by\nC1,concentrator,T1\n',
  'meters.csv':
    'id,usage_point,device,terminal,wiring,rated_v,ct_ratio,register_decimals,installed_at\n' +
    'M1,U1,,C1,1p2w,220,,2,2024-01-01\nM2,U2,,C1,1p2w,220,,2,2024-01-01\nM3,,T1,C1,3p4w,220,80,2,\n'
}

/** A temporary folder that goes away with the test. */
export function makeFolder(
  context: TestContext,
  files: Readonly<Record<string, string | Buffer>> = {}
): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-registry-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}
