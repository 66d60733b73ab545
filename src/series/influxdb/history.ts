import { answerOf, hasRegister, neighbourOf } from '../history-answer.ts'
import type { HistoryAnswer, HistoryNeighbour, HistoryRequest, ReadingRow } from '../port.ts'
import { MOST_MS } from './line-text.ts'
import { askAll, highestOf, queryMoments, type Statement } from './readings.ts'
import { HAS_REGISTER, readingOf } from './row-text.ts'
import { MEASUREMENTS } from './schema.ts'
import { isMeter, rowsOf, type View, within } from './select.ts'

type Side = 'before' | 'after'

/** A neighbour that is looked for: from where on, further and further away. */
interface Search {
  readonly place: number
  readonly side: Side
  readonly meter: number
  from: number
}

/** Answers in the order of the requests. */
export async function queryHistory(
  view: View,
  requests: readonly HistoryRequest[]
): Promise<HistoryAnswer[]> {
  const moments = await queryMoments(view, requests)
  const neighbours = await findNeighbours(view, requests)
  return requests.map((request, place) => {
    const rows = rowsIn(request.meter, moments[place] ?? [])
    return answerOf(request, {
      stored: rows.find(row => row.kind === request.kind),
      others: rows.filter(row => row.kind !== request.kind),
      before: neighbours.get(`before ${place}`),
      after: neighbours.get(`after ${place}`)
    })
  })
}

/** Highest versions of a millisecond, in order of kind. */
const rowsIn = (meter: number, moment: readonly Statement[]): ReadingRow[] =>
  highestOf(moment).map(({ row, ...key }) => readingOf({ meter, ...key }, row))

/**
 * The nearest readings with registers on both sides. First where any version has one, then what that millisecond says in its highest
 * versions; where they have none, or are not seen yet, further away from there.
 */
async function findNeighbours(
  view: View,
  requests: readonly HistoryRequest[]
): Promise<Map<string, HistoryNeighbour>> {
  const found = new Map<string, HistoryNeighbour>()
  let searches: Search[] = requests.flatMap(({ meter, time }, place) => [
    { place, side: 'before' as const, meter, from: time },
    { place, side: 'after' as const, meter, from: time + 1 }
  ])
  while (searches.length > 0) {
    const times = await nearestTimes(view, searches)
    const hopeful = searches.flatMap((search, i) => {
      const time = times[i]
      return time === undefined ? [] : [{ search, meter: search.meter, time }]
    })
    const moments = await queryMoments(view, hopeful)
    searches = []
    for (const [i, { search, time }] of hopeful.entries()) {
      const speaking = rowsIn(search.meter, moments[i] ?? []).find(hasRegister)
      if (speaking !== undefined) found.set(`${search.side} ${search.place}`, neighbourOf(speaking))
      else searches.push({ ...search, from: search.side === 'before' ? time : time + 1 })
    }
  }
  return found
}

/** Nearest millisecond of each search in which any version has a register. */
async function nearestTimes(view: View, searches: readonly Search[]): Promise<(number | undefined)[]> {
  const texts = searches.map(({ meter, side, from }) => {
    const condition = isMeter(view, meter)
    if (condition === undefined) return undefined
    const [span, order] =
      side === 'before' ? [within(-MOST_MS, from), 'DESC'] : [within(from, MOST_MS), 'ASC']
    return (
      `SELECT row FROM ${MEASUREMENTS.readingVersions} WHERE ${condition} AND ${span} ` +
      `AND row =~ ${HAS_REGISTER} ORDER BY time ${order} LIMIT 1`
    )
  })
  const answers = await askAll(view, texts)
  return answers.map(answer => {
    const [series] = answer ?? []
    const [row] = series === undefined ? [] : [...rowsOf(series)]
    return row?.time.ms
  })
}
