import { z } from 'zod'
import { DOSSIER_KINDS, type DossierKind } from '../../model/dossier.ts'
import { EXCEL_SAYS, isDamagedId, isPlainNumber } from '../../registry/read/cell-forms.ts'
import { DOSSIER_IN } from './dossier.ts'
import { ENTRY_IN } from './dossier-entry.ts'
import type { DossierIssueCode } from './dossier-issues.ts'

/** The column that names the customer, which over the API stands in the path. */
export const CUSTOMER_COLUMN = 'key_customer'

/** A column of a file of entries: the member that the route of its kind takes under `name`, as a cell. */
export interface DossierColumn {
  readonly name: string
  readonly member: string
  /** Whether no entry is without it. */
  readonly isNeeded: boolean
  readonly form: Form
  readonly schema: z.ZodType
}

type Form = 'id' | 'text' | 'choice' | 'number' | 'boolean' | 'time'

/** What a cell that its schema refuses is called. */
const REFUSED = {
  ...{ id: 'ID_FORMAT', text: 'TEXT_FORM', choice: 'CHOICE', number: 'NUMBER_RANGE', boolean: 'CHOICE' },
  time: 'TIME_OFFSET'
} as const satisfies Record<Form, DossierIssueCode>

/** `loadPct` as files have it: `load_pct`. */
export const columnName = (member: string): string =>
  member.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

function columnOf(member: string, schema: z.ZodType): DossierColumn {
  const isNeeded = !schema.safeParse(undefined).success
  return { name: columnName(member), member, isNeeded, form: formOf(member, schema), schema }
}

function formOf(member: string, schema: z.ZodType): Form {
  if (member === 'id') return 'id'
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return formOf(member, schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodBoolean) return 'boolean'
  if (schema instanceof z.ZodEnum) return 'choice'
  // Of all members only times are read into something else.
  return schema instanceof z.ZodPipe ? 'time' : 'text'
}

const columnsOf = (kind: DossierKind): readonly DossierColumn[] => {
  const { id, at, withdrawn } = ENTRY_IN
  // Without id and time the same file, sent again, would write its entries a second time.
  const members = { id, at, ...DOSSIER_IN[kind], withdrawn: withdrawn.optional() }
  return Object.entries(members).map(([member, schema]) => columnOf(member, schema))
}

/** Columns of each kind of entries beside that of the customer. */
export const DOSSIER_COLUMNS = Object.fromEntries(
  DOSSIER_KINDS.map(kind => [kind, columnsOf(kind)])
) as Readonly<Record<DossierKind, readonly DossierColumn[]>>

/** What is wrong with a cell. */
export interface WrongCell {
  readonly code: DossierIssueCode
  readonly message: string
}

const MAX_QUOTED = 60

/** A cell as a message shows it: not whole where it is long, nothing in it that a terminal would obey. */
export const quoteCell = (cell: string): string =>
  JSON.stringify(cell.length > MAX_QUOTED ? `${cell.slice(0, MAX_QUOTED)}…` : cell)

/** The value of a cell, as the route would have it; a blank one is left out. */
export function readCell(
  { form, schema, isNeeded }: DossierColumn,
  cell: string
): { readonly value: unknown } | WrongCell {
  if (cell === '')
    return isNeeded ? { code: 'CELL_BLANK', message: 'the cell is blank' } : { value: undefined }
  if (form === 'id' && isDamagedId(cell))
    return { code: 'ID_EXCEL', message: `${quoteCell(cell)}: ${EXCEL_SAYS}` }
  if (form === 'number' && !isPlainNumber(cell))
    return { code: 'NUMBER_FORMAT', message: `${quoteCell(cell)} is not a plain number` }
  const read = schema.safeParse(typedValue(form, cell))
  if (read.success) return { value: read.data }
  const [first] = read.error.issues
  const why = form === 'boolean' ? ' is neither true nor false' : `: ${first?.message ?? ''}`
  return { code: REFUSED[form], message: quoteCell(cell) + why }
}

/** Spreadsheets write TRUE, and end a line within a cell as they like. */
function typedValue(form: Form, cell: string): unknown {
  if (form === 'number') return Number(cell)
  if (form !== 'boolean') return cell.replaceAll('\r\n', '\n')
  const word = cell.toLowerCase()
  return word === 'true' || word === 'false' ? word === 'true' : cell
}
