import type { ReadingQuery, ReadingRow } from '../port.ts'
import { MOST_MS, nanoseconds } from './line-text.ts'
import type { InfluxSeries } from './link.ts'
import { readingOf } from './row-text.ts'
import { KIND_SPACE, MEASUREMENTS } from './schema.ts'
import { isMeter, isSeen, meterLots, rowsOf, type View, within } from './select.ts'

/** Statements of one answer. */
const FIRST_CHUNK = 5000

/** A statement about a reading as it is kept. */
export interface Statement {
  readonly time: number
  readonly kind: number
  readonly version: number
  readonly row: string
}

export async function queryReadings(view: View, query: ReadingQuery): Promise<ReadingRow[]> {
  const { meter, after, allVersions, limit, fields } = query
  const found: ReadingRow[] = []
  if (!(limit > 0)) return found
  const from = after === undefined ? query.from : Math.max(query.from, after.time)
  for await (const moment of momentsOf(view, meter, from, query.to, limit)) {
    for (const { row, ...key } of allVersions === true ? moment : highestOf(moment)) {
      if (after !== undefined && isUpTo(key, after)) continue
      found.push(readingOf({ meter, ...key }, row, fields))
      if (found.length >= limit) return found
    }
  }
  return found
}

type Place = Pick<Statement, 'time' | 'kind' | 'version'>

const isUpTo = (place: Place, after: Place): boolean => byPlace(place, after) <= 0

const byPlace = (a: Place, b: Place): number => a.time - b.time || a.kind - b.kind || a.version - b.version

/** Of each kind the highest version. @param moment in order of kind and version */
export function highestOf(moment: readonly Statement[]): Statement[] {
  return moment.filter((each, place) => moment[place + 1]?.kind !== each.kind)
}

/** Statements of one meter in [from, to), a millisecond at a time, each in order of kind and version. */
async function* momentsOf(
  view: View,
  meter: number,
  from: number,
  to: number,
  limit: number
): AsyncGenerator<readonly Statement[]> {
  const condition = isMeter(view, meter)
  if (condition === undefined) return
  const end = Math.min(to, MOST_MS)
  let chunk = Math.min(limit + 100, FIRST_CHUNK)
  for (let begin = Math.max(from, -MOST_MS); begin < end; ) {
    const text =
      `SELECT row, parts FROM ${MEASUREMENTS.readingVersions} WHERE ${condition} AND ${within(begin, end)} ` +
      `ORDER BY time LIMIT ${chunk}`
    const [series = []] = await view.link.query('raw', text)
    const statements = await statementsOf(view, condition, series)
    const isCut = statements.length === chunk
    const last = statements.at(-1)?.time ?? end
    // More of the last millisecond may be behind the limit.
    const whole = isCut ? statements.filter(({ time }) => time < last) : statements
    yield* Map.groupBy(seen(view, whole).sort(byPlace), ({ time }) => time).values()
    if (!isCut) return
    // Where one millisecond has more than that.
    chunk = whole.length === 0 ? chunk * 2 : FIRST_CHUNK
    begin = last
  }
}

const seen = (view: View, statements: readonly Statement[]): Statement[] =>
  statements.filter(({ row }) => isSeen(view, row))

/** Statements out of an answer that has row and parts, in its order; long texts are put together. */
async function statementsOf(
  view: View,
  meterIs: string,
  answer: readonly InfluxSeries[]
): Promise<Statement[]> {
  const found: Statement[] = []
  for (const series of answer) {
    for (const { time, cell } of rowsOf(series)) {
      const { ms, below } = time
      const parts = Number(cell('parts') ?? 0)
      const more = parts > 0 ? await longText(view, meterIs, nanoseconds(ms, below)) : ''
      const kind = Math.floor(below / KIND_SPACE)
      found.push({ time: ms, kind, version: below % KIND_SPACE, row: `${cell('row')}${more}` })
    }
  }
  return found
}

async function longText({ link }: View, meterIs: string, time: string): Promise<string> {
  const [series = []] = await link.query(
    'raw',
    `SELECT row FROM ${MEASUREMENTS.longTexts} WHERE ${meterIs} AND time = ${time} GROUP BY part`
  )
  return series
    .map(each => ({ part: Number(each.tags?.part), text: String([...rowsOf(each)][0]?.cell('row') ?? '') }))
    .sort((a, b) => a.part - b.part)
    .map(({ text }) => text)
    .join('')
}

/** The statements at one millisecond of each question, in order of kind and version. */
export async function queryMoments(
  view: View,
  questions: readonly { readonly meter: number; readonly time: number }[]
): Promise<readonly (readonly Statement[])[]> {
  const asked = questions.map(({ meter, time }) => {
    const condition = isMeter(view, meter)
    if (condition === undefined) return undefined
    const text =
      `SELECT row, parts FROM ${MEASUREMENTS.readingVersions} WHERE ${condition} ` +
      `AND ${within(time, time + 1)}`
    return { condition, text }
  })
  const answers = await askAll(
    view,
    asked.map(each => each?.text)
  )
  return Promise.all(
    asked.map(async (each, place) =>
      each === undefined
        ? []
        : seen(view, await statementsOf(view, each.condition, answers[place] ?? [])).sort(byPlace)
    )
  )
}

/** Statements of one request. */
const STATEMENTS_AT_ONCE = 300

/** Answers in the order of the texts; undefined is asked of nobody. */
export async function askAll(
  { link }: View,
  texts: readonly (string | undefined)[]
): Promise<(Awaited<ReturnType<View['link']['query']>>[number] | undefined)[]> {
  const answers = new Array<Awaited<ReturnType<View['link']['query']>>[number] | undefined>(texts.length)
  const places = texts.flatMap((text, place) => (text === undefined ? [] : [{ text, place }]))
  for (let from = 0; from < places.length; from += STATEMENTS_AT_ONCE) {
    const lot = places.slice(from, from + STATEMENTS_AT_ONCE)
    const results = await link.query('raw', lot.map(({ text }) => text).join('; '))
    for (const [i, { place }] of lot.entries()) answers[place] = results[i]
  }
  return answers
}

/** Kinds and versions of the newest millisecond of a meter, and what of it is not seen yet, nearly always. */
const USUAL_STATEMENTS = 8

/** The newest reading of each meter in [from, to). */
export async function queryLatest(
  view: View,
  meters: readonly number[],
  from = -MOST_MS,
  to = MOST_MS
): Promise<Map<number, ReadingRow>> {
  const found = new Map<number, ReadingRow>()
  for (const { condition, numberOf } of meterLots(view, meters)) {
    const text =
      `SELECT row, parts FROM ${MEASUREMENTS.readingVersions} WHERE ${condition} AND ${within(from, to)} ` +
      `GROUP BY meter ORDER BY time DESC LIMIT ${USUAL_STATEMENTS}`
    const [answer = []] = await view.link.query('raw', text)
    for (const series of answer) {
      const meter = numberOf.get(series.tags?.meter ?? '')
      if (meter === undefined) continue
      const [statement] = highestOf(await newestMoment(view, meter, series, from))
      if (statement === undefined) continue
      const { row, ...key } = statement
      found.set(meter, readingOf({ meter, ...key }, row))
    }
  }
  return found
}

/** All statements of the newest millisecond that has any which are seen. @param newest statements of the meter, newest first */
async function newestMoment(
  view: View,
  meter: number,
  newest: InfluxSeries,
  from: number
): Promise<readonly Statement[]> {
  const condition = isMeter(view, meter) ?? ''
  for (let statements = await statementsOf(view, condition, [newest]); statements.length > 0; ) {
    const oldest = statements.at(-1)?.time ?? Number.NaN
    const time = seen(view, statements)[0]?.time
    // The oldest of those that were asked for may go on.
    if (time !== undefined && (time > oldest || statements.length < USUAL_STATEMENTS))
      return seen(
        view,
        statements.filter(each => each.time === time)
      ).sort(byPlace)
    const [whole = []] = await queryMoments(view, [{ meter, time: oldest }])
    if (whole.length > 0) return whole
    if (statements.length < USUAL_STATEMENTS) return []
    const text =
      `SELECT row, parts FROM ${MEASUREMENTS.readingVersions} WHERE ${condition} AND ${within(from, oldest)} ` +
      `ORDER BY time DESC LIMIT ${USUAL_STATEMENTS}`
    const [series = []] = await view.link.query('raw', text)
    statements = await statementsOf(view, condition, series)
  }
  return []
}

/** First versions and later ones, in the points themselves. @param view whole */
export async function countVersions({ link }: View): Promise<{ first: number; corrections: number }> {
  const [answer] = await link.query(
    'raw',
    `SELECT count(row) AS statements, count(correction) AS corrections FROM ${MEASUREMENTS.readingVersions}`
  )
  const [row] = answer?.[0] === undefined ? [] : [...rowsOf(answer[0])]
  const corrections = Number(row?.cell('corrections') ?? 0)
  return { first: Number(row?.cell('statements') ?? 0) - corrections, corrections }
}
