/** How a registry file is described: columns with the form of their cells, and its rows as columns once read. */
export type Column =
  /** The row's own id, unique in its file. */
  | { readonly name: string; readonly kind: 'id'; readonly form: RegExp; readonly says: string }
  /** An id of another row or file; blank is ''. */
  | { readonly name: string; readonly kind: 'reference' }
  /** Ids of other rows, separated by `;`; kept as `a;b` without blanks. */
  | { readonly name: string; readonly kind: 'references' }
  /** `person`: says who or how to reach somebody, and is kept apart from everything else. */
  | { readonly name: string; readonly kind: 'text'; readonly person?: true }
  /** One of `choices`; blank is `blank`. */
  | {
      readonly name: string
      readonly kind: 'choice'
      readonly choices: readonly string[]
      readonly blank: string
    }
  /** low..high; blank is NaN. */
  | {
      readonly name: string
      readonly kind: 'number'
      readonly low: number
      readonly high: number
      readonly whole?: boolean
    }
  /** Epoch ms; local to the site's zone unless it carries an offset; blank is NaN. */
  | { readonly name: string; readonly kind: 'time' }

export interface Schema {
  readonly file: string
  readonly required: boolean
  /** Columns a file cannot do without; the others may be left out and are blank then. */
  readonly needs: readonly string[]
  /** Whether several rows may have the same id, at different times. */
  readonly repeats?: boolean
  /** Columns whose cells may not be blank. */
  readonly filled?: readonly string[]
  readonly columns: readonly Column[]
}

type NamesOf<S extends Schema, K extends Column['kind']> = Extract<S['columns'][number], { kind: K }>['name']
export type TextName<S extends Schema> = NamesOf<S, 'id' | 'reference' | 'references' | 'text' | 'choice'>
export type NumberName<S extends Schema> = NamesOf<S, 'number' | 'time'>

/** The rows of one file as columns, in file order. */
export interface Table<S extends Schema> {
  readonly schema: S
  readonly rows: number
  /** Line of each row in its file. */
  readonly line: readonly number[]
  readonly text: Readonly<Record<TextName<S>, readonly string[]>>
  readonly number: Readonly<Record<NumberName<S>, readonly number[]>>
}

export const isNumeric = (column: Column): boolean => column.kind === 'number' || column.kind === 'time'

/** Says something of a person: never leaves the import. */
export const isPerson = (column: Column): boolean => column.kind === 'text' && column.person === true

/** A table of columns by name. The names are those of the schema: both come from the same list of columns. */
export function makeTable<S extends Schema>(
  schema: S,
  line: readonly number[],
  text: Record<string, readonly string[]>,
  number: Record<string, readonly number[]>
): Table<S> {
  return { schema, rows: line.length, line, text, number } as unknown as Table<S>
}

/** The ids of a cell of the kind `references`. */
export const idsOf = (cell: string): string[] => (cell === '' ? [] : cell.split(';'))

/** Columns that rows are added to. */
export interface Draft {
  readonly line: number[]
  readonly text: Record<string, string[]>
  readonly number: Record<string, number[]>
}

export function startDraft(schema: Schema): Draft {
  const draft: Draft = { line: [], text: {}, number: {} }
  for (const column of schema.columns) {
    if (isNumeric(column)) draft.number[column.name] = []
    else draft.text[column.name] = []
  }
  return draft
}

/** A table without rows, for an optional file that is not there. */
export function emptyTable<S extends Schema>(schema: S): Table<S> {
  const { line, text, number } = startDraft(schema)
  return makeTable(schema, line, text, number)
}
