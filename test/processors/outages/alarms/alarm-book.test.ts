import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AlarmBook } from '../../../../processors/outages/alarms/alarm-book.ts'
import { noOutageLines, type OutageAlarm } from '../../../../src/model/outages.ts'

const T0 = Date.UTC(2026, 10, 20, 8)
const MINUTE = 60_000
const CONDITION = { kind: 'broken-neutral', subject: 'BA', start: T0 - 45_000, value: 281.04, threshold: 250 }
const ID = `broken-neutral:BA:${T0}`

/** Steps at minutes after the alarm was raised. A person may decide, the rule may measure or resolve; else the time passes. */
type Step = readonly [minute: number, does?: string]

/** @param isSaved whether the book gives way to a fresh one before each step */
function play(steps: readonly Step[], isSaved = false): { told: OutageAlarm[]; refused: string[] } {
  let book = new AlarmBook()
  const out = noOutageLines()
  const refused: string[] = []
  book.raise(CONDITION, T0, out)
  for (const [minute, does = ''] of steps) {
    const now = T0 + minute * MINUTE
    if (isSaved) {
      const saved = JSON.parse(JSON.stringify(book.save()))
      book = new AlarmBook()
      book.load(saved)
    }
    const [what, more = ''] = does.split(' ')
    if (what === 'resolve') book.resolve(ID, now, now, out)
    else if (what === 'measure') book.measure(ID, Number(more), now, out)
    else if (what === 'acknowledge' || what === 'shelve') {
      const until = more === '' ? {} : { until: T0 + Number(more) * MINUTE }
      const record = { alarm: ID, act: what, by: 'li', note: 'why', ...until } as const
      const { refusal } = book.decide(record, now, out)
      if (refusal !== undefined) refused.push(refusal)
    } else book.tick(now, out)
  }
  return { told: out.alarms, refused }
}

const CASES: readonly (readonly [what: string, steps: readonly Step[], wanted: readonly string[]])[] = [
  [
    'seen, and over',
    [
      [1, 'acknowledge'],
      [2, 'resolve']
    ],
    ['firing 0', 'acknowledged 1 li why', 'resolved 2']
  ],
  ['over unseen', [[2, 'resolve']], ['firing 0', 'resolved 2']],
  [
    'a shelf ends by itself: it fires again, unacknowledged',
    [[1, 'acknowledge'], [2, 'shelve 5'], [4], [5], [6], [7, 'acknowledge']],
    ['firing 0', 'acknowledged 1 li why', 'shelved 2 li why', 'firing 5', 'acknowledged 7 li why']
  ],
  [
    'a shelf without a time: an hour',
    [[2, 'shelve'], [61], [62]],
    ['firing 0', 'shelved 2 li why', 'firing 62']
  ],
  [
    'shelved longer',
    [[2, 'shelve 5'], [4, 'shelve 9'], [6], [9]],
    ['firing 0', 'shelved 2 li why', 'shelved 4 li why', 'firing 9']
  ],
  [
    'taken off the shelf',
    [[2, 'shelve 5'], [3, 'acknowledge'], [6]],
    ['firing 0', 'shelved 2 li why', 'acknowledged 3 li why']
  ],
  [
    'over on the shelf: it stays over',
    [[2, 'shelve 5'], [3, 'resolve'], [6]],
    ['firing 0', 'shelved 2 li why', 'resolved 3']
  ],
  [
    'higher values are told with the next transition',
    [
      [1, 'measure 290'],
      [2, 'measure 270'],
      [3, 'resolve']
    ],
    ['firing 0', 'resolved 3 290']
  ],
  [
    'what is resolved stays so',
    [
      [1, 'resolve'],
      [2, 'resolve']
    ],
    ['firing 0', 'resolved 1']
  ]
]

const shown = ({ state, at, by, note, value }: OutageAlarm): string =>
  [state, (at - T0) / MINUTE, by, note, value === 281 ? undefined : value]
    .filter(part => part !== undefined)
    .join(' ')

for (const [what, steps, wanted] of CASES)
  test(what, () => {
    const { told, refused } = play(steps)
    assert.deepEqual([told.map(shown), refused], [wanted, []])
    assert.deepEqual(play(steps, true).told, told, 'saved before each step')
  })

test('what a person decides of an alarm that is over, or of none, is refused with its reason', () => {
  const rows: [steps: Step[], reason: string][] = [
    [
      [
        [1, 'acknowledge'],
        [2, 'acknowledge']
      ],
      'STATE'
    ],
    [
      [
        [1, 'resolve'],
        [2, 'acknowledge']
      ],
      'STATE'
    ],
    [
      [
        [1, 'resolve'],
        [2, 'shelve 9']
      ],
      'STATE'
    ],
    [[[3, 'shelve 3']], 'TOO_LATE'],
    [[[1, 'resolve'], [400], [401, 'acknowledge']], 'UNKNOWN']
  ]
  for (const [steps, reason] of rows) assert.deepEqual(play(steps).refused, [reason])
})

test('one is meant by its kind and subject while it is up', () => {
  const [book, out] = [new AlarmBook(), noOutageLines()]
  book.raise(CONDITION, T0, out)
  const act = 'acknowledge' as const
  const decide = (subject: string) =>
    book.decide({ alarm: { kind: 'broken-neutral', subject }, act, by: '' }, T0 + 1, out)
  assert.deepEqual(decide('BB'), { subject: 'broken-neutral:BB', refusal: 'UNKNOWN' })
  assert.deepEqual(decide('BA'), { subject: ID, refusal: undefined })
})
