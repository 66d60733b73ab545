import { hashReading } from '../../processors/validate/candidate.ts'
import type { HistoryAnswer } from '../../src/model/history.ts'
import type { FromSeries } from '../threads/messages.ts'

type Answers = Extract<FromSeries, { type: 'history' }>['answers']

/** Answers of one history record, and characters of their JSON: a record must stay far below the log's limit. */
const ANSWERS_PER_RECORD = 200
const RECORD_LENGTH = 1024 * 1024

/**
 * An answer as it is recorded. Of the extras only their share in the hash is needed, to tell a repeated reading from a
 * correction; they may be as long as a packet, so that a few would not fit into one record.
 */
export function leanAnswer(answer: HistoryAnswer): HistoryAnswer {
  const { values, extras } = answer
  if (values === undefined) return answer
  return { ...answer, hash: hashReading(values, extras, answer.ratio === 0), extras: '' }
}

/** The answers in runs that each fit into a record. An answer larger than `length` stands alone. */
export function splitAnswers(
  answers: Answers,
  count: number = ANSWERS_PER_RECORD,
  length: number = RECORD_LENGTH
): Answers[] {
  const runs: Answers[number][][] = []
  let open: Answers[number][] = []
  let openLength = 0
  for (const answer of answers) {
    const size = JSON.stringify(answer).length
    if (open.length > 0 && (open.length >= count || openLength + size > length)) {
      runs.push(open)
      open = []
      openLength = 0
    }
    open.push(answer)
    openLength += size
  }
  if (open.length > 0) runs.push(open)
  return runs
}
