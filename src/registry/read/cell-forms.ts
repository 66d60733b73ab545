const EXCEL_DAMAGE = /^\d(?:[.,]\d+)?[eE]\+\d+$/
const PLAIN_NUMBER = /^[+-]?\d+(?:\.\d+)?$/

export const EXCEL_SAYS = 'a spreadsheet turned the id into a rounded number; its digits are lost'

/** Whether a spreadsheet has made a rounded number of an id. */
export const isDamagedId = (cell: string): boolean => EXCEL_DAMAGE.test(cell)

/** Whether a cell is a decimal number with a point, without unit or separators. */
export const isPlainNumber = (cell: string): boolean => PLAIN_NUMBER.test(cell)
