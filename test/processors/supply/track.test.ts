import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Track } from '../../../processors/supply/track.ts'
import { seededRandom } from '../../../src/random.ts'

const MINUTE = 60_000
const RHYTHM = { stepMs: MINUTE, keepsMs: 3 * MINUTE }
const letters = { isSame: (one: string, other: string) => one === other }
const of = (words: readonly (readonly [minute: number, said: string])[]): Track<string> => {
  const track = new Track(letters)
  for (const [minute, said] of words) track.tell(minute * MINUTE, said, RHYTHM)
  return track
}
const runs = (track: Track<string>): string[] =>
  track.runs.map(({ from, to, said }) => `${said} ${from / MINUTE}-${to / MINUTE}`)

test('words that say the same and follow each other closely are one run', () => {
  const rows: [words: [number, string][], runs: string[]][] = [
    [
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'a']
      ],
      ['a 0-2']
    ],
    [
      [
        [0, 'a'],
        [1, 'b'],
        [2, 'a']
      ],
      ['a 0-0', 'b 1-1', 'a 2-2']
    ],
    [
      [
        [0, 'a'],
        [4, 'a']
      ],
      ['a 0-0', 'a 4-4']
    ],
    [
      [
        [0, 'a'],
        [2, 'a'],
        [1, 'a']
      ],
      ['a 0-2']
    ],
    // One at least is missing in between: what was so then is for others to say.
    [
      [
        [0, 'a'],
        [2, 'a']
      ],
      ['a 0-0', 'a 2-2']
    ],
    [
      [
        [4, 'a'],
        [0, 'b'],
        [3, 'a']
      ],
      ['b 0-0', 'a 3-4']
    ],
    // Inside a run: it goes on with its next word.
    [
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'a'],
        [3, 'a'],
        [1.5, 'b']
      ],
      ['a 0-1', 'b 1.5-1.5', 'a 2.5-3']
    ],
    [
      [
        [0, 'a'],
        [1, 'a'],
        [1, 'b']
      ],
      ['a 0-0', 'b 1-1']
    ],
    [
      [
        [1, 'a'],
        [1, 'b']
      ],
      ['b 1-1']
    ]
  ]
  for (const [words, said] of rows) assert.deepEqual(runs(of(words)), said, JSON.stringify(words))
})

test('what was recorded from one time to another stands against all that was said in between', () => {
  const track = of([
    [0, 'a'],
    [1, 'a'],
    [2, 'b'],
    [3, 'a'],
    [4, 'a']
  ])
  track.tellRun({ from: MINUTE, to: 3 * MINUTE - 1, said: 'c' }, RHYTHM)
  assert.deepEqual(
    [0, 1, 2, 2.9, 3, 4].map(minute => track.at(minute * MINUTE)?.said),
    ['a', 'c', 'c', 'c', 'a', 'a']
  )
  assert.equal(track.at(2.5 * MINUTE)?.since, MINUTE)
})

test('of a moment in a run the last word before it counts', () => {
  const track = of([
    [0, 'a'],
    [1, 'a'],
    [2, 'a']
  ])
  assert.deepEqual(track.at(1.5 * MINUTE), { at: MINUTE, since: 0, said: 'a' })
  assert.deepEqual(track.at(9 * MINUTE), { at: 2 * MINUTE, since: 0, said: 'a' })
  assert.equal(track.at(-1), undefined)
  assert.deepEqual([track.next(0.5 * MINUTE), track.next(2 * MINUTE)], [MINUTE, undefined])
})

test('what changes nothing says so, all else from when on', () => {
  const track = of([
    [0, 'a'],
    [1, 'a']
  ])
  assert.equal(track.tell(2 * MINUTE, 'a', RHYTHM), MINUTE + 1, 'behind what was known')
  assert.equal(track.tell(0.5 * MINUTE, 'a', RHYTHM), undefined)
  assert.equal(track.tell(9 * MINUTE, 'a', RHYTHM), 9 * MINUTE, 'it was not known in between')
  assert.equal(track.tell(0.5 * MINUTE, 'b', RHYTHM), 0.5 * MINUTE)
})

test('in any order of arrival each moment is what its last word before it says', () => {
  const random = seededRandom('track')
  for (let round = 0; round < 300; round++) {
    const count = 1 + random.integer(12)
    const words = Array.from(
      { length: count },
      (_, minute) => [minute, 'abc'[random.integer(2)] as string] as const
    )
    const shuffled = words.map(word => [random.next(), word] as const).sort((a, b) => a[0] - b[0])
    const track = of(shuffled.map(([, word]) => word))
    for (const [minute, said] of words) {
      assert.equal(track.at(minute * MINUTE)?.said, said, JSON.stringify(shuffled))
      assert.equal(track.at((minute + 0.9) * MINUTE)?.said, said, JSON.stringify(shuffled))
      const since = words.findLast(([at, other]) => at < minute && other !== said)?.[0] ?? -1
      assert.equal(track.at(minute * MINUTE)?.since, (since + 1) * MINUTE)
    }
  }
})

test('it forgets what ended, all but the last', () => {
  const track = of([
    [0, 'a'],
    [1, 'b'],
    [2, 'c']
  ])
  track.forget(1.5 * MINUTE)
  assert.deepEqual(runs(track), ['c 2-2'])
  track.forget(9 * MINUTE)
  assert.deepEqual(runs(track), ['c 2-2'])
})
