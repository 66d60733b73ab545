import { z } from 'zod'
import { DEVICE_KINDS } from '../../registry/tables.ts'

/**
 * The scenario language (docs/scenarios.md): what happens in a grid and when. Times are relative to the start of a run, so that one
 * file serves live and as history. A step has exactly one verb.
 */
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g

/** Milliseconds of a text such as `90s`, `12m` or `1h30m`. */
const duration = z
  .string()
  .regex(DURATION, 'a time such as 90s, 12m or 1h30m')
  .transform(text =>
    [...text.matchAll(PART)].reduce(
      (sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS],
      0
    )
  )
  .meta({ description: 'a time such as 90s, 12m or 1h30m' })

/** What a query may ask for besides devices. */
const OTHER_KINDS = ['customer', 'terminal', 'tie', 'feed', 'feed-line', 'hospital'] as const

/** Members of a query beside its kind and `pick`, by what it asks for; devices of every kind have the same. */
const PLACES = ['below', 'above', 'apartFrom']
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  device: [...PLACES, 'least', 'most', 'windings'],
  customer: [...PLACES, 'windings', 'wiring'],
  terminal: [...PLACES, 'least', 'most', 'backup', 'foreign'],
  tie: PLACES,
  feed: ['feed'],
  'feed-line': ['feed'],
  hospital: []
}

const query = z
  .strictObject({
    kind: z.enum([...DEVICE_KINDS, ...OTHER_KINDS]),
    /** At or below the thing of that name. */
    below: z.string().optional(),
    /** What feeds the thing of that name. */
    above: z.string().optional(),
    /** Not at, below or above the thing of that name, and not on its feeder. */
    apartFrom: z.string().optional(),
    /** Customers below a device, or that a terminal reads. */
    least: z.number().int().optional(),
    most: z.number().int().optional(),
    windings: z.enum(['Dyn11', 'Yyn0']).optional(),
    backup: z.enum(['none', 'supercap', 'battery']).optional(),
    /** Terminals that hang on another transformer than their meters. */
    foreign: z.boolean().optional(),
    wiring: z.enum(['one-phase', 'three-phase']).optional(),
    feed: z.enum(['main', 'standby']).optional(),
    /** Which of those that fit, from above; -1 is the last. Drawn by the seed when not said. */
    pick: z.number().int().optional()
  })
  .superRefine((given, context) => {
    const may = MEMBERS[given.kind] ?? MEMBERS.device ?? []
    for (const name of Object.keys(given)) {
      if (name === 'kind' || name === 'pick' || may.includes(name)) continue
      context.addIssue({ code: 'custom', path: [name], message: `says nothing of a ${given.kind}` })
    }
  })

/** Something of the grid: by a name that an earlier step gave it, by its id, or the n-th of those that fit. */
const target = z.union([
  z.strictObject({ ref: z.string().min(1) }),
  z.strictObject({ id: z.string().min(1) }),
  query
])
export type Target = z.infer<typeof target>

const phases = z.string().regex(/^(A|B|C|AB|BC|AC|ABC)$/, 'letters of phases: A, BC, ABC')
const on = target

/** What lost its voice, from one meter to everybody. */
export const LOSS_SCOPES = ['meter', 'branch', 'terminal', 'carrier', 'cell', 'gateway'] as const
export type LossScope = (typeof LOSS_SCOPES)[number]

/** What a plant does wrong, or is made to do. */
export const PLANT_TROUBLES = [
  'generator-fails',
  'slow-transfer',
  'transfer-stuck',
  'generator-test',
  'back-feed',
  'tie-failed',
  'ups-on-battery',
  'parallel',
  'truck'
] as const
export type PlantTroubleKind = (typeof PLANT_TROUBLES)[number]

/** Each verb with what it takes. */
const VERBS = {
  fail: z.strictObject({
    on,
    phases: phases.optional(),
    cause: z.string().optional(),
    plan: z.string().optional()
  }),
  open: z.strictObject({ on, reported: z.boolean().default(true) }),
  close: z.strictObject({ on, reported: z.boolean().default(true) }),
  breakNeutral: z.strictObject({ on }),
  feedFrom: z.strictObject({ on, source: z.enum(['truck', 'panels']) }),
  lose: z.strictObject({ scope: z.enum(LOSS_SCOPES), on: on.optional() }),
  plan: z.strictObject({
    on: z.array(target).min(1),
    from: duration,
    to: duration,
    type: z.enum(['planned', 'temporary', 'user-request', 'shortage']).default('planned')
  }),
  cancel: z.strictObject({ plan: z.string() }),
  restart: z.strictObject({ on: z.literal('gateway') }),
  reboot: z.strictObject({ on, resends: z.boolean().default(false) }),
  blowMeterFuse: z.strictObject({ on, phases }),
  exchangeMeter: z.strictObject({ on }),
  removeMeter: z.strictObject({ on }),
  openRelay: z.strictObject({ on }),
  openOwnBreaker: z.strictObject({ on }),
  stopClock: z.strictObject({ on }),
  push: z.strictObject({ on, what: z.enum(['wake-up', 'test', 'inferred']) }),
  plant: z.strictObject({
    on,
    does: z.enum(PLANT_TROUBLES)
  })
} as const
export type Verb = keyof typeof VERBS
export const VERB_NAMES = Object.keys(VERBS) as Verb[]

const step = z
  .strictObject({
    at: duration,
    /** How long it lasts; to the end when not said. */
    for: duration.optional(),
    /** A name for what it acts on, or for the plan it makes. */
    as: z.string().optional(),
    note: z.string().optional(),
    ...(Object.fromEntries(VERB_NAMES.map(verb => [verb, VERBS[verb].optional()])) as {
      [V in Verb]: z.ZodOptional<(typeof VERBS)[V]>
    })
  })
  .refine(given => VERB_NAMES.filter(verb => given[verb] !== undefined).length === 1, {
    message: `a step has exactly one of ${VERB_NAMES.join(', ')}`
  })
export type Step = z.infer<typeof step>

/** Ways in which last gasps reach us, each with a likelihood of its own (collection/gasps.ts). */
export const DELIVERIES = ['independent', 'backup', 'path', 'batched'] as const

const share = z.number().min(0).max(1)

/** How meters are heard. Shares of readings, messages or meters. */
const collection = z
  .strictObject({
    gasps: z.enum(DELIVERIES).default('path'),
    /** Mean share of meters whose gasp arrives when they lose their supply. */
    gaspShare: share.default(0.7),
    readFailures: share.default(0.02),
    duplicates: share.default(0.005),
    /** Meters whose clock says nothing sensible. */
    deadClocks: share.default(0.0005),
    /** Meters that fill the points of an outage with zeros. */
    zeroFillers: share.default(0.3)
  })
  .prefault({})

/** Outages and losses drawn by the seed, for suites. */
const random = z.strictObject({
  outages: z.number().int().min(0),
  mix: z
    .strictObject({ box: share, transformer: share, lateral: share, feeder: share })
    .default({ box: 0.3, transformer: 0.4, lateral: 0.2, feeder: 0.1 }),
  shortest: duration.prefault('2m'),
  longest: duration.prefault('6h'),
  /** Losses of communication for each outage. */
  losses: z.number().min(0).default(5),
  /** Losses that come on top, however many outages there are. */
  lossesAlone: z.number().int().min(0).default(0),
  /** How losses spread; carriers and the gateway are steps of their own. */
  lossMix: z
    .strictObject({ meter: share, branch: share, terminal: share, cell: share })
    .default({ meter: 0.4, branch: 0.2, terminal: 0.37, cell: 0.03 })
})

export const scenario = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  title: z.strictObject({ en: z.string(), 'zh-CN': z.string() }),
  /** Rows of the table in DESIGN section 6 that it shows. */
  shows: z.array(z.string()).default([]),
  /** The city that `gridvigil city` should make for it. */
  city: z
    .strictObject({
      meters: z.number().int().min(1),
      seed: z.string().optional(),
      /** In its books the standby feed of each hospital is bound to somebody else's usage point. */
      wrongFeed: z.boolean().optional()
    })
    .default({ meters: 1200 }),
  duration,
  /** Everything that is scripted or done by people goes so many times as fast; gasps, boots and capacitors do not. */
  pace: z.number().min(1).max(1000).default(1),
  /** Starts again when it is over, as long as a live run lasts. */
  loops: z.boolean().default(false),
  collection,
  random: random.optional(),
  steps: z.array(step).default([])
})
export type Scenario = z.infer<typeof scenario>
export type CollectionSettings = Scenario['collection']
export type RandomEvents = NonNullable<Scenario['random']>
