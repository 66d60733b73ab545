import { type ErrorCode, GridvigilError } from '../../errors.ts'

/**
 * What can be wrong with registry files. Row issues reject their row and the rest loads; fatal ones stop the
 * import, because what follows from them cannot be trusted. Codes are stable: the reject file carries them.
 */
export const issue = (severity: 'row' | 'fatal', remedy: string) => ({ severity, remedy }) as const

export const REGISTRY_ISSUES = {
  FILE_MISSING: issue('fatal', 'add the file; meters.csv and terminals.csv are required'),
  FILE_REFUSED: issue('fatal', 'remove the file; this version does not know how to use it'),
  ENCODING: issue('fatal', 'save the file as UTF-8 (or GB 18030)'),
  QUOTES_BROKEN: issue('fatal', 'correct the quotes from the first named line on'),
  HEADER_MISSING: issue('fatal', 'write the column names into the first line'),
  COLUMN_UNKNOWN: issue('fatal', 'rename or remove the column'),
  COLUMN_MISSING: issue('fatal', 'add the column'),
  COLUMN_TWICE: issue('fatal', 'remove one of the two columns'),
  DEVICE_CYCLE: issue('fatal', 'correct the parent of one of the named devices'),
  QUOTE: issue('row', 'quote cells that hold commas or quotes, and double the quotes inside'),
  CELL_COUNT: issue('row', 'give one cell per column; quote cells that hold commas'),
  ID_BLANK: issue('row', 'fill in the id'),
  CELL_BLANK: issue('row', 'fill in the cell'),
  ID_EXCEL: issue('row', 'format the column as text in the spreadsheet and export it again'),
  ID_FORMAT: issue('row', 'use an id of the form the message names'),
  ID_DUPLICATE: issue('row', 'remove one of the rows, or correct its id'),
  CHOICE: issue('row', 'use one of the words the message lists'),
  NUMBER_FORMAT: issue('row', 'write a plain decimal number with a point, without unit or separators'),
  NUMBER_RANGE: issue('row', 'check the unit and the decimal point'),
  TIME_FORMAT: issue('row', 'write 2026-11-20, 2026-11-20T08:15 or an RFC 3339 time with its offset'),
  TIME_SKIPPED: issue('row', 'choose a local time that exists, or write the offset'),
  TIME_ORDER: issue('row', 'the end must be after the beginning'),
  TERMINAL_UNKNOWN: issue('row', 'add the terminal to terminals.csv, or correct the reference'),
  USAGE_POINT_UNKNOWN: issue('row', 'add the usage point to usage_points.csv, or correct the reference'),
  DEVICE_UNKNOWN: issue('row', 'add the device to devices.csv, or correct the reference'),
  ACCOUNT_UNKNOWN: issue('row', 'add the account to accounts.csv, or correct the reference'),
  METER_UNKNOWN: issue('row', 'add the meter to meters.csv, or correct the reference'),
  KEY_CUSTOMER_UNKNOWN: issue('row', 'add the customer to key_customers.csv, or correct the reference'),
  SOURCE_UNKNOWN: issue('row', 'add the source to supply_sources.csv, or correct the reference'),
  SOURCE_FOREIGN: issue('row', 'name sources of the same key customer only'),
  SOURCE_FEED: issue('row', 'give a grid source its usage_point, and no other kind of source one'),
  TIE_SELF: issue('row', 'a tie joins two different devices'),
  TIE_LOOP: issue(
    'row',
    'set normally_open to true, or correct the ends: closed it feeds devices from two sides'
  ),
  KEPT_KVA: issue('row', 'a reduction needs kept_kva, other kinds have none'),
  POINT_XOR_DEVICE: issue(
    'row',
    'fill usage_point for a customer meter or device for a check meter, not both'
  ),
  BINDINGS_OVERLAP: issue(
    'row',
    'set removed_at of the earlier row of this meter, or installed_at of the later one'
  ),
  METERS_OVERLAP: issue('row', 'set removed_at of the earlier meter, or installed_at of the later one')
} as const satisfies Record<string, { severity: 'row' | 'fatal'; remedy: string }>

export type IssueCode = keyof typeof REGISTRY_ISSUES

export interface ImportIssue {
  readonly severity: 'row' | 'fatal'
  /** Of the table of its kind of files. */
  readonly code: string
  readonly file: string
  /** 1 is the header line; 0 is the file as a whole. */
  readonly line: number
  /** Column name, '' for the whole row. */
  readonly column: string
  readonly message: string
  readonly remedy: string
}

export function makeIssue(
  code: IssueCode,
  file: string,
  line: number,
  column: string,
  message: string
): ImportIssue {
  const { severity, remedy } = REGISTRY_ISSUES[code]
  return { severity, code, file, line, column, message, remedy }
}

/** An import that loaded nothing. `issues` holds what was found, not only what stopped it; from another thread the first. */
export class ImportRefused extends GridvigilError {
  readonly issues: readonly ImportIssue[]
  /** How many were found. */
  readonly total: number

  constructor(code: ErrorCode, detail: string, issues: readonly ImportIssue[], total = issues.length) {
    super(code, detail)
    this.issues = issues
    this.total = total
  }
}

/** `meters.csv:17 ct_ratio: 80 A is not a number`, for people. */
export function describeIssue(found: ImportIssue): string {
  const place = found.line === 0 ? found.file : `${found.file}:${found.line}`
  return `${place}${found.column === '' ? '' : ` ${found.column}`}: ${found.message}`
}

/** The reject file: one CSV line per issue, header included, in order of file and line. */
export function rejectsCsv(issues: readonly ImportIssue[]): string {
  const lines = issues.map(found =>
    [found.file, String(found.line), found.column, found.code, found.message, found.remedy]
      .map(quoteCell)
      .join(',')
  )
  return `${['file,line,column,code,message,remedy', ...lines].join('\n')}\n`
}

/** A cell as RFC 4180 wants it. */
export function quoteCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
