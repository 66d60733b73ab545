import { REGISTRY_ISSUES } from '../../src/registry/read/issues.ts'
import type { Column, Schema } from '../../src/registry/schema.ts'
import { SCHEMAS, TABLE_NAMES } from '../../src/registry/tables.ts'
import { COLUMN_WORDS } from './registry-words.ts'
import { code, fillParts, table } from './marked.ts'

/** What a cell may hold. */
function formOf(column: Column): string {
  switch (column.kind) {
    case 'id':
      return `id: ${column.says}`
    case 'reference':
      return 'id of another row'
    case 'references':
      return 'ids of other rows, `;` between them'
    case 'text':
      return 'text'
    case 'choice': {
      const blank = column.blank === '' ? '' : `; blank is ${code(column.blank)}`
      return `${column.choices.map(code).join(', ')}${blank}`
    }
    case 'number':
      return `${column.whole === true ? 'whole number' : 'number'} ${column.low} .. ${column.high}`
    case 'time':
      return 'date or time'
    default:
      return column satisfies never
  }
}

function columnsOf(schema: Schema): string {
  const rows = schema.columns.map(column => {
    const words = COLUMN_WORDS[`${schema.file}/${column.name}`]
    if (words === undefined)
      throw new Error(`tools/docs/registry-words.ts says nothing of ${schema.file} ${column.name}`)
    return [code(column.name), schema.needs.includes(column.name) ? 'yes' : '', formOf(column), words]
  })
  const needed = schema.required ? 'required' : 'may be left out: references to it are not checked then'
  return `### ${schema.file} (${needed})\n\n${table(['column', 'needed', 'cell', 'meaning'], rows)}`
}

export function renderRegistry(present: string): string {
  const issues = Object.entries(REGISTRY_ISSUES).map(([name, { severity, remedy }]) => [
    code(name),
    severity === 'fatal' ? 'stops the import' : 'rejects the row',
    remedy
  ])
  return fillParts(present, {
    columns: TABLE_NAMES.map(name => columnsOf(SCHEMAS[name])).join('\n\n'),
    issues: table(['code', 'what it does', 'what to do'], issues)
  })
}
