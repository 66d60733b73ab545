import type { Clock } from '../src/clock.ts'
import type { SupplyState } from '../src/model/supply.ts'
import type { Hospital } from '../src/simulator/city/hospital.ts'
import { hospitalId, hospitalMeterId, hospitalTerminalId } from '../src/simulator/city/ids.ts'
import { type Credentials, secretOf } from '../src/simulator/credentials.ts'
import { Publisher, topicOf } from '../src/simulator/publisher.ts'

/**
 * Terminals of a city's hospitals whose states change on command: each turn is one message that decides alone how the hospital is supplied
 * from then on. Between turns they say what is so, and read both feeds, as often as their registry says.
 */
type Leaf = 'backup' | 'events' | 'readings'

/** How a plant stands. */
export interface Plant {
  readonly id: string
  readonly number: number
  generator: 'auto' | 'running' | 'off'
  ups: 'line' | 'battery' | 'bypass'
  isStandbyLive: boolean
}

interface Turn {
  readonly name: string
  readonly leaf: Leaf
  readonly becomes: SupplyState
  /** Changes the plant. @returns the message that says so */
  readonly take: (plant: Plant, now: number) => object
}

/** Every other turn leads back to `normal`, so that no turn finds the state already there. */
export const PLANT_TURNS: readonly Turn[] = [
  {
    ...{ name: 'generator-carries', leaf: 'backup', becomes: 'emergency' },
    take: (plant, now) => backupOf(Object.assign(plant, { generator: 'running' }), now)
  },
  {
    ...{ name: 'back-on-grid', leaf: 'backup', becomes: 'normal' },
    take: (plant, now) => backupOf(Object.assign(plant, { generator: 'auto' }), now)
  },
  {
    ...{ name: 'ups-on-battery', leaf: 'events', becomes: 'emergency' },
    take: (plant, now) => upsEvent(Object.assign(plant, { ups: 'battery' }), now)
  },
  {
    ...{ name: 'ups-on-line', leaf: 'events', becomes: 'normal' },
    take: (plant, now) => upsEvent(Object.assign(plant, { ups: 'line' }), now)
  },
  {
    ...{ name: 'generator-off', leaf: 'backup', becomes: 'reduced' },
    take: (plant, now) => backupOf(Object.assign(plant, { generator: 'off' }), now)
  },
  {
    ...{ name: 'generator-ready', leaf: 'backup', becomes: 'normal' },
    take: (plant, now) => backupOf(Object.assign(plant, { generator: 'auto' }), now)
  },
  {
    ...{ name: 'ups-bypassed', leaf: 'backup', becomes: 'reduced' },
    take: (plant, now) => backupOf(Object.assign(plant, { ups: 'bypass' }), now)
  },
  {
    ...{ name: 'ups-ready', leaf: 'backup', becomes: 'normal' },
    take: (plant, now) => backupOf(Object.assign(plant, { ups: 'line' }), now)
  }
]
/** A feed dies alone and comes back: one of a section only, for of several of them the section itself would be said to be dead. */
export const FEED_TURNS: readonly Turn[] = [
  {
    ...{ name: 'standby-lost', leaf: 'events', becomes: 'reduced' },
    take: (plant, now) => feedEvent(Object.assign(plant, { isStandbyLive: false }), now)
  },
  {
    ...{ name: 'standby-back', leaf: 'events', becomes: 'normal' },
    take: (plant, now) => feedEvent(Object.assign(plant, { isStandbyLive: true }), now)
  }
]

const [MAIN, STANDBY] = [0, 1]

export function backupOf({ id, generator, ups }: Plant, now: number): object {
  const isRunning = generator === 'running'
  const own = isRunning ? `${id}-GEN` : `${id}-G1`
  return {
    time: now,
    generators: [
      {
        ...{ source: `${id}-GEN`, running: isRunning, voltageV: isRunning ? 400 : 0, fuelPct: 90 },
        ...{ powerKw: isRunning ? 300 : 0, mode: generator === 'off' ? 'off' : 'auto' }
      }
    ],
    switches: [own, own, `${id}-G1`].map((position, section) => ({
      ...{ section: `${id}-S${section + 1}`, position, auto: true, fault: false }
    })),
    ups: [{ source: `${id}-UPS`, mode: ups, loadPct: 45, minutesLeft: 30 }]
  }
}

const upsEvent = ({ id, ups }: Plant, time: number): object => ({
  events: [
    {
      ...{ type: ups === 'battery' ? 'ups-on-battery' : 'ups-on-line', origin: 'terminal' },
      ...{ source: `${id}-UPS`, time }
    }
  ]
})

const feedEvent = ({ number, isStandbyLive }: Plant, time: number): object => ({
  events: [
    {
      ...{ type: isStandbyLive ? 'power-up' : 'power-down', origin: 'meter' },
      ...{ meter: hospitalMeterId(number, STANDBY), time }
    }
  ]
})

/** Both feeds as their meters show them: 100 V and 5 A behind transformers, three wires. */
export function readingsOf({ number, isStandbyLive, generator }: Plant, now: number): object {
  const meterAt = (feed: number, isLive: boolean, amperes: number): object => ({
    ...{ meter: hospitalMeterId(number, feed), time: now },
    ...{ voltageV: isLive ? [100, null, 100] : [0, null, 0], currentA: [amperes, null, amperes] }
  })
  return {
    readings: [meterAt(MAIN, true, generator === 'running' ? 0.4 : 2.1), meterAt(STANDBY, isStandbyLive, 0)]
  }
}

/** All is there, and nothing runs. */
export const plantOf = ({ number }: Pick<Hospital, 'number'>): Plant => ({
  ...{ id: hospitalId(number), number },
  ...{ generator: 'auto', ups: 'line', isStandbyLive: true }
})

export interface Change {
  readonly keyCustomer: string
  readonly turn: string
  readonly state: SupplyState
  /** Of the monotonic clock, when the message that decides it was given to the socket. */
  readonly publishedAt: number
}

const WINDOW = 16
/** So many connect at a time. */
const CONNECTING = 50

export class Plants {
  readonly #clock: Clock
  readonly #plants: Plant[]
  readonly #publishers: Publisher[]
  readonly #turns: readonly (readonly Turn[])[]
  readonly #taken: number[]
  #stopTelling = (): void => {}
  #isStopped = false
  /** Messages that were published, and readings in them. */
  published = 0
  readings = 0

  constructor(url: string, credentials: Credentials, hospitals: readonly Hospital[], clock: Clock) {
    this.#clock = clock
    this.#plants = hospitals.map(plantOf)
    this.#publishers = this.#plants.map(({ number }) => {
      const terminal = hospitalTerminalId(number)
      const secret = secretOf(credentials, terminal)
      return new Publisher({ url, terminal, secret, window: WINDOW }, clock)
    })
    const alone = new Set(new Map(hospitals.map(({ number, feeds }) => [feeds[STANDBY], number])).values())
    this.#turns = this.#plants.map(({ number }) => (alone.has(number) ? FEED_TURNS : PLANT_TURNS))
    // Kinds of turns are spread over the hospitals.
    this.#taken = this.#plants.map(({ number }) => 2 * number)
  }

  get acknowledged(): number {
    return this.#publishers.reduce((sum, { acked }) => sum + acked, 0)
  }

  get ids(): readonly string[] {
    return this.#plants.map(({ id }) => id)
  }

  async start(): Promise<void> {
    for (let from = 0; from < this.#publishers.length; from += CONNECTING)
      await Promise.all(this.#publishers.slice(from, from + CONNECTING).map(each => each.start()))
  }

  /** All say how they are, now and then again every so often, spread over that time. */
  tell(everyMs: number): void {
    for (const plant of this.#plants) this.#tellOf(plant)
    let next = 0
    this.#stopTelling = this.#clock.every(everyMs / this.#plants.length, () => {
      this.#tellOf(this.#plants[next++ % this.#plants.length] as Plant)
    })
  }

  /** The next turn of a hospital. */
  change(number: number): Change {
    const plant = this.#plants[number] as Plant
    const turns = this.#turns[number] ?? []
    const taken = this.#taken[number] ?? 0
    const turn = turns[taken % turns.length] as Turn
    this.#taken[number] = taken + 1
    const { name, leaf, becomes, take } = turn
    const message = take(plant, this.#clock.now())
    const publishedAt = this.#clock.monotonic()
    this.#publish(plant, leaf, message)
    return { keyCustomer: plant.id, turn: name, state: becomes, publishedAt }
  }

  /** Waits until all is acknowledged, and ends the sessions; the second time nothing. */
  async stop(): Promise<void> {
    this.#stopTelling()
    if (this.#isStopped) return
    this.#isStopped = true
    await Promise.all(this.#publishers.map(each => each.drain()))
    await Promise.all(this.#publishers.map(each => each.stop()))
  }

  #tellOf(plant: Plant): void {
    const now = this.#clock.now()
    this.#publish(plant, 'readings', readingsOf(plant, now))
    this.readings += 2
    this.#publish(plant, 'backup', backupOf(plant, now))
  }

  #publish({ number }: Plant, leaf: Leaf, message: object): void {
    this.published++
    void this.#publishers[number]?.publish(topicOf(hospitalTerminalId(number), leaf), JSON.stringify(message))
  }
}
