import type { HistoryAnswer } from '../../src/model/history.ts'
import type { HeldRequest } from '../../src/records/results-record.ts'
import type { Candidate } from './candidate.ts'

/** A reading older than its meter's window, waiting for the store to say what it knows of that time. */
export interface HeldReading {
  readonly id: number
  readonly candidate: Candidate
}

export interface AnsweredReading {
  readonly candidate: Candidate
  readonly answer: HistoryAnswer
}

interface MeterRound {
  /** Asked of the store. */
  readonly asked: readonly HeldReading[]
  /** By id of the request; a repeated answer changes nothing. */
  readonly answers: Map<number, HistoryAnswer>
  /** Arrived meanwhile: asked once this round has been applied, so that the store knows of it. */
  readonly queued: HeldReading[]
}

/**
 * Readings that are held, per meter. One round of questions is in flight per meter at a time: its answers are applied
 * together, in order of time, and committed before the next round is asked.
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
      return undefined
    }
    this.#rounds.set(candidate.meter, newRound([reading]))
    return request(reading)
  }

  /** Ids of the requests that have no answer yet. */
  *waiting(): Generator<number> {
    for (const { asked, answers } of this.#rounds.values()) {
      for (const { id } of asked) if (!answers.has(id)) yield id
    }
  }

  /** Takes an answer; when it completes its meter's round, the round in order of time, else nothing. */
  answer(id: number, answer: HistoryAnswer): readonly AnsweredReading[] | undefined {
    const round = this.#rounds.get(answer.meter)
    if (round === undefined || !round.asked.some(reading => reading.id === id)) return undefined
    round.answers.set(id, answer)
    if (round.answers.size < round.asked.length) return undefined
    return round.asked
      .flatMap(({ id, candidate }) => {
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
      asked,
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
        asked: HeldReading[]
        answers: [number, HistoryAnswer][]
        queued: HeldReading[]
      }[]
    }
    this.#nextId = nextId
    this.#rounds.clear()
    for (const { meter, asked, answers, queued } of rounds) {
      this.#rounds.set(meter, {
        asked: asked.map(revive),
        answers: new Map(answers),
        queued: queued.map(revive)
      })
    }
  }
}

const newRound = (asked: readonly HeldReading[]): MeterRound => ({ asked, answers: new Map(), queued: [] })

const request = ({ id, candidate }: HeldReading): HeldRequest => ({
  id,
  meter: candidate.meter,
  time: candidate.time,
  kind: candidate.kind
})

/** JSON has no NaN: absent values come back as null. */
const revive = ({ id, candidate }: HeldReading): HeldReading => ({
  id,
  candidate: { ...candidate, values: candidate.values.map(value => value ?? Number.NaN) }
})
