import type { HistoryAnswer } from '../../../src/model/history.ts'
import type { HeldRequest } from '../../../src/records/results-record.ts'
import type { Candidate } from '../candidate.ts'

/** A reading that its meter's window cannot judge, waiting for the store to say what it knows of that time. */
export interface HeldReading {
  readonly id: number
  readonly candidate: Candidate
}

export interface AnsweredReading {
  readonly candidate: Candidate
  readonly answer: HistoryAnswer
}

interface MeterRound {
  /** Asked of the store, by id of the request. */
  readonly asked: ReadonlyMap<number, Candidate>
  /** By id of the request; a repeated answer changes nothing. */
  readonly answers: Map<number, HistoryAnswer>
  /** Arrived meanwhile: asked once this round has been applied, so that the store knows of it. */
  readonly queued: HeldReading[]
  /** Data time of the latest reading in `asked` and `queued`. */
  latest: number
}

/**
 * Readings that are held, per meter. One round of questions is in flight per meter at a time: its answers are applied
 * together, in order of time, and committed before the next round is asked.
 *
 *   held ─> asked ─> (all answers?) judged together ─> next round: what was queued meanwhile
 *
 * What the store says of a round stays true until the round is judged, because the meter's readings up to `heldUntil`
 * are queued behind it and later ones lean on points after it.
 */
export class LateReadings {
  #nextId = 1
  readonly #rounds = new Map<number, MeterRound>()

  /** Holds a reading; the request is returned when it can be asked at once. */
  hold(candidate: Candidate): HeldRequest | undefined {
    const reading = { id: this.#nextId++, candidate }
    const round = this.#rounds.get(candidate.meter)
    if (round !== undefined) {
      round.queued.push(reading)
      round.latest = Math.max(round.latest, candidate.time)
      return undefined
    }
    this.#rounds.set(candidate.meter, newRound([reading]))
    return request(reading)
  }

  /** This id was given out by a step that stands as it was recorded. */
  passOver(id: number): void {
    this.#nextId = Math.max(this.#nextId, id + 1)
  }

  /** Data time up to which the meter's readings wait; -Infinity when none does. */
  heldUntil(meter: number): number {
    if (this.#rounds.size === 0) return -Infinity
    return this.#rounds.get(meter)?.latest ?? -Infinity
  }

  /** Ids of the requests that have no answer yet. */
  *waiting(): Generator<number> {
    for (const { asked, answers } of this.#rounds.values()) {
      for (const id of asked.keys()) if (!answers.has(id)) yield id
    }
  }

  /** Takes an answer; when it completes its meter's round, the round in order of time, else nothing. */
  answer(id: number, answer: HistoryAnswer): readonly AnsweredReading[] | undefined {
    const round = this.#rounds.get(answer.meter)
    const candidate = round?.asked.get(id)
    if (round === undefined || candidate === undefined || round.answers.has(id)) return undefined
    // An answer to a question of before the results log was lost: its id may have been given again.
    if (candidate.time !== answer.time || candidate.kind !== answer.kind) return undefined
    round.answers.set(id, answer)
    if (round.answers.size < round.asked.size) return undefined
    return [...round.asked]
      .flatMap(([id, candidate]) => {
        const given = round.answers.get(id)
        return given === undefined ? [] : [{ candidate, answer: given }]
      })
      .sort((a, b) => a.candidate.time - b.candidate.time)
  }

  /** Ends the meter's round and begins the next: the requests to ask now. */
  nextRound(meter: number): readonly HeldRequest[] {
    const queued = this.#rounds.get(meter)?.queued ?? []
    this.#rounds.delete(meter)
    if (queued.length > 0) this.#rounds.set(meter, newRound(queued))
    return queued.map(request)
  }

  save(): object {
    const rounds = [...this.#rounds].map(([meter, { asked, answers, queued }]) => ({
      meter,
      asked: [...asked],
      answers: [...answers],
      queued
    }))
    return { nextId: this.#nextId, rounds }
  }

  load(saved: object): void {
    const { nextId, rounds } = saved as {
      nextId: number
      rounds: {
        meter: number
        asked: [number, Candidate][]
        answers: [number, HistoryAnswer][]
        queued: HeldReading[]
      }[]
    }
    this.#nextId = nextId
    this.#rounds.clear()
    for (const { meter, asked, answers, queued } of rounds) {
      const round = newRound(asked.map(([id, candidate]) => ({ id, candidate: revive(candidate) })))
      for (const [id, answer] of answers) round.answers.set(id, answer)
      this.#rounds.set(meter, round)
      for (const { id, candidate } of queued) {
        round.queued.push({ id, candidate: revive(candidate) })
        round.latest = Math.max(round.latest, candidate.time)
      }
    }
  }
}

const newRound = (readings: readonly HeldReading[]): MeterRound => ({
  asked: new Map(readings.map(({ id, candidate }) => [id, candidate])),
  answers: new Map(),
  queued: [],
  latest: readings.reduce((latest, { candidate }) => Math.max(latest, candidate.time), -Infinity)
})

const request = ({ id, candidate }: HeldReading): HeldRequest => ({
  id,
  meter: candidate.meter,
  time: candidate.time,
  kind: candidate.kind
})

/** JSON has no NaN: absent values come back as null. */
const revive = (candidate: Candidate): Candidate => ({
  ...candidate,
  values: candidate.values.map(value => value ?? Number.NaN)
})
