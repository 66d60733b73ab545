import { CUSTOMER_COLUMN, DOSSIER_COLUMNS } from '../../src/api/shapes/dossier-columns.ts'
import { DOSSIER_FILES } from '../../src/api/shapes/dossier-files.ts'
import { DOSSIER_ISSUES } from '../../src/api/shapes/dossier-issues.ts'
import { code, fillParts, table } from './marked.ts'

/** Files of entries with their columns, and what can be wrong in them. */
export function renderKeyCustomers(present: string): string {
  const files = Object.entries(DOSSIER_FILES).map(([file, kind]) => {
    const named = (isNeeded: boolean): string[] =>
      DOSSIER_COLUMNS[kind].flatMap(column => (column.isNeeded === isNeeded ? code(column.name) : []))
    return [code(file), [code(CUSTOMER_COLUMN), ...named(true)].join(', '), named(false).join(', ')]
  })
  const issues = Object.entries(DOSSIER_ISSUES).map(([name, { remedy }]) => [code(name), remedy])
  return fillParts(present, {
    files: table(['file', 'columns', 'may be left out'], files),
    issues: table(['code', 'what to do'], issues)
  })
}
