import type { DiffCell, FileDiff, RowChange } from './diff.ts'

const SIGNS = { added: '+', removed: '-', changed: '~' } as const

/**
 * A diff for people:
 *
 *   meters.csv: 1 added, 0 removed, 1000 changed (rated_a 1000)
 *     + 330100000017 2021-06-01T00:00:00.000Z
 *     ~ 330100000018 2021-06-01T00:00:00.000Z: rated_a 60 -> 100
 *     … and 999 more
 */
export function describeDiff(diff: readonly FileDiff[]): string {
  if (diff.length === 0) return 'nothing has changed\n'
  return diff
    .map(file => [describeFile(file), ...file.rows.map(describeRow), ...describeRest(file)].join('\n'))
    .join('\n')
    .concat('\n')
}

function describeFile({ file, added, removed, changed, columns }: FileDiff): string {
  const parts = Object.entries(columns).map(([column, count]) => `${column} ${count}`)
  const where = parts.length === 0 ? '' : ` (${parts.join(', ')})`
  return `${file}: ${added} added, ${removed} removed, ${changed} changed${where}`
}

function describeRow({ kind, key, cells }: RowChange): string {
  const changes = cells.map(({ column, from, to }) => `${column} ${show(from)} -> ${show(to)}`)
  const name = Object.values(key).map(show).join(' ')
  return `  ${SIGNS[kind]} ${name}${changes.length === 0 ? '' : `: ${changes.join(', ')}`}`
}

function describeRest({ added, removed, changed, rows }: FileDiff): string[] {
  const more = added + removed + changed - rows.length
  return more === 0 ? [] : [`  … and ${more} more`]
}

const show = (cell: DiffCell): string => (cell === null || cell === '' ? '(blank)' : String(cell))
