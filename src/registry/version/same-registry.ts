import { type Column, isNumeric, isPerson, type Schema } from '../schema.ts'
import type { RegistrySource } from '../source.ts'
import { SCHEMAS, TABLE_NAMES, type TableName } from '../tables.ts'

/**
 * Where two registries differ first: in a file's rows, a column, or the numbers of meters; '' when they are the same, row
 * by row in the same order. What is said of persons is not looked at. A blank choice is what blank means: snapshots
 * of before a column was known have it blank.
 */
export function firstDifference(one: RegistrySource, other: RegistrySource): string {
  for (const name of TABLE_NAMES) {
    const { file, columns }: Schema = SCHEMAS[name]
    if (one.rows(name) !== other.rows(name)) return `rows of ${file}`
    for (const column of columns)
      if (!isPerson(column) && !isSameColumn(one, other, name, column)) return `${column.name} of ${file}`
  }
  return isSameBook(one, other) ? '' : 'numbers of meters'
}

function isSameColumn(one: RegistrySource, other: RegistrySource, name: TableName, column: Column): boolean {
  const rows = one.rows(name)
  if (isNumeric(column)) {
    const [left, right] = [one.number(name, column.name), other.number(name, column.name)]
    for (let row = 0; row < rows; row++) {
      const [a = Number.NaN, b = Number.NaN] = [left[row], right[row]]
      if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) return false
    }
    return true
  }
  const blank = column.kind === 'choice' ? column.blank : ''
  const [left, right] = [one.texts(name, column.name), other.texts(name, column.name)]
  for (let row = 0; row < rows; row++)
    if ((left.get(row) || blank) !== (right.get(row) || blank)) return false
  return true
}

function isSameBook(one: RegistrySource, other: RegistrySource): boolean {
  const [left, right] = [one.book(), other.book()]
  if (left.length !== right.length) return false
  for (let number = 0; number < left.length; number++)
    if (left.get(number) !== right.get(number)) return false
  return true
}
