import { issue, REGISTRY_ISSUES } from '../../registry/read/issues.ts'

const { ENCODING, QUOTES_BROKEN, HEADER_MISSING, COLUMN_UNKNOWN, COLUMN_MISSING, COLUMN_TWICE } =
  REGISTRY_ISSUES
const { QUOTE, CELL_COUNT, CELL_BLANK, ID_EXCEL, ID_FORMAT, ID_DUPLICATE, CHOICE } = REGISTRY_ISSUES
const { NUMBER_FORMAT, NUMBER_RANGE } = REGISTRY_ISSUES

/** What can be wrong with files of a dossier: what can be with any file of rows, and what no entry may say. Any issue refuses all files. */
export const DOSSIER_ISSUES = {
  ...{ ENCODING, QUOTES_BROKEN, HEADER_MISSING, COLUMN_UNKNOWN, COLUMN_MISSING, COLUMN_TWICE },
  ROWS_TOO_MANY: issue('fatal', 'send the rows in several files, one after the other'),
  ...{
    QUOTE,
    CELL_COUNT,
    CELL_BLANK,
    ID_EXCEL,
    ID_FORMAT,
    ID_DUPLICATE,
    CHOICE,
    NUMBER_FORMAT,
    NUMBER_RANGE
  },
  TIME_OFFSET: issue(
    'row',
    'write an RFC 3339 time with its offset, such as 2026-11-20T08:15:00+08:00, or epoch milliseconds'
  ),
  TEXT_FORM: issue('row', 'write it within the length that is named, without control characters'),
  KEY_CUSTOMER_UNKNOWN: issue('row', 'correct the id, or import the customer with key_customers.csv first'),
  ENTRY_IMPOSSIBLE: issue('row', 'correct what the message says; it is checked as over the API')
} as const

export type DossierIssueCode = keyof typeof DOSSIER_ISSUES
