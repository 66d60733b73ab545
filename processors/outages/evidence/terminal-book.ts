import { figure } from '../likelihoods.ts'

/** What is known of one terminal. Times are epoch ms, NaN where there is none. */
export interface TerminalState {
  /** Whether a session stands; undefined before the first word. */
  isLinked: boolean | undefined
  generation: number
  /** Log time at which its last session began, and was found to have ended. */
  linkedAt: number
  unlinkedAt: number
  /** When it said first that its own supply was gone; NaN while it has it. */
  downAt: number
  /** Whether it said when that was, or only that it is so. */
  isDownExact: boolean
  /** When it said last that it lives on its backup. */
  batteryAt: number
  /** Case to which that belongs. */
  downCase: number
  /** How often it has lost its supply by its word, each time within an hour of the time before. */
  downs: number
  /** When its own supply was proven last, and first after it had been gone. */
  mainsAt: number
  backAt: number
  boots: number
  /** The round of readings that comes in: when it was collected, log time of its first and last message. NaN for none. */
  roundAt: number
  roundBeganAt: number
  /** The round before. */
  lastRoundAt: number
}

/** Whether it says so often that its supply is gone that nobody should believe it: as of a meter that gasps. */
export const criesWolf = ({ downs }: TerminalState): boolean => downs > figure('gaspsPerHour')

/** A session that is lost is noticed within so many heartbeats. */
export const NOTICED_HEARTBEATS = 1.5

/** Whether it lives on its backup, as far as it has said. */
export const isOnBackup = ({ downAt, mainsAt, backAt }: TerminalState): boolean =>
  !Number.isNaN(downAt) && !(mainsAt > downAt) && !(backAt > downAt)

/** Terminals by their id, because numbers belong to a registry. */
export class TerminalBook {
  readonly #states = new Map<string, TerminalState>()

  of(id: string): TerminalState {
    let state = this.#states.get(id)
    if (state === undefined) {
      state = freshState()
      this.#states.set(id, state)
    }
    return state
  }

  all(): IterableIterator<[string, TerminalState]> {
    return this.#states.entries()
  }

  save(): object {
    return [...this.#states].map(([id, state]) => [
      id,
      Object.values(state).map(value => (Number.isNaN(value) ? null : value))
    ])
  }

  load(saved: object): void {
    this.#states.clear()
    const names = Object.keys(freshState()) as (keyof TerminalState)[]
    for (const [id, values] of saved as [string, (number | boolean | null)[]][]) {
      const state = freshState()
      names.forEach((name, place) => {
        const value = values[place]
        if (value !== null) Object.assign(state, { [name]: value })
      })
      if (values[0] === null) state.isLinked = undefined
      this.#states.set(id, state)
    }
  }
}

const freshState = (): TerminalState => ({
  isLinked: undefined,
  generation: 0,
  linkedAt: Number.NaN,
  unlinkedAt: Number.NaN,

  downAt: Number.NaN,
  isDownExact: false,
  batteryAt: Number.NaN,
  downCase: Number.NaN,
  downs: 0,
  mainsAt: Number.NaN,
  backAt: Number.NaN,
  boots: Number.NaN,
  roundAt: Number.NaN,
  roundBeganAt: Number.NaN,
  lastRoundAt: Number.NaN
})
