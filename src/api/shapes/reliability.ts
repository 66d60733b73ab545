import { z } from 'zod'
import { OUTAGE_CLASSES } from '../../reliability/interruption.ts'
import { RELIABILITY_PROFILES } from '../../reliability/profiles.ts'
import type { NamedIndex, Share, VariantResult } from '../../reliability/reliability.ts'
import type { RepeatedOutage } from '../../reliability/repeated.ts'
import type { ReliabilityReport } from '../../reliability/report.ts'
import { component, count, showTime, timeOut } from './schemas.ts'

/** Reliability as the API shows it; what each figure is stands in docs/reliability.md. */

const text = z.string()
const figure = z.number().nullable().meta({ description: 'null where nobody is served, or interrupted' })

const sums = {
  interruptions: count.meta({ description: 'of accounts, begun in the period' }),
  customerMinutes: z.number(),
  customerHours: z.number().meta({ description: '停电时户数' })
}

const variantOut = z.object({
  variant: text.meta({ examples: ['all', 'without-external', 'without-major-event-days'] }),
  leavesOut: z.array(text),
  customers: count.meta({ description: 'accounts with an interruption that counts' }),
  ...sums,
  saifi: figure.meta({ description: 'interruptions of an account; AITC' }),
  saidiMinutes: figure.meta({ description: 'minutes of an account without supply; AIHC' }),
  caidiMinutes: figure.meta({ description: 'minutes of one interruption' }),
  availabilityPercent: figure.meta({ description: 'ASAI, RS' }),
  maifi: figure.meta({ description: 'momentary interruptions of an account' }),
  maifiEvents: figure.meta({ description: 'momentary events of an account; MAIFIe' }),
  open: count.meta({ description: 'of these interruptions: last still' })
})

const shareOut = z.object({ ...sums })

export const reliabilityFacts = {
  asOf: timeOut.meta({ description: 'what lasts still, lasts until then here' }),
  periodHours: z.number(),
  servedAccounts: z
    .number()
    .meta({ description: 'mean over the period, by the meters of the registry of now' }),
  isProvisional: z
    .boolean()
    .meta({ description: 'the period is not over, or an incident of it is not closed: figures will change' }),
  unclosedIncidents: count.meta({ description: 'of the period: they last, or their times may still change' }),
  indices: z
    .array(z.object({ name: text, variant: text, value: figure, unit: text }))
    .meta({ description: 'by the names of the profile' }),
  variants: z.array(variantOut).meta({ description: 'what the indices are made of' }),
  planned: shareOut.meta({ description: 'of the first variant: all but faults' }),
  unplanned: shareOut,
  classes: z.array(z.object({ class: z.enum(OUTAGE_CLASSES).or(text), ...sums })),
  causes: z.array(z.object({ cause: text.meta({ description: 'empty while nobody has said' }), ...sums })),
  majorEventDays: z
    .array(text)
    .nullable()
    .meta({ description: 'local dates; null where the profile has none or the history is too short' }),
  threshold: z
    .object({ tMedMinutes: z.number(), alpha: z.number(), beta: z.number(), days: count })
    .nullable()
    .meta({ description: 'of major event days, and of how many days with interruptions it is made' }),
  repeated: component(
    'RepeatedOutages',
    z.object({
      count,
      windowDays: count,
      total: count.meta({ description: 'series; the first of them are listed' }),
      items: z.array(
        z.object({
          account: text,
          since: timeOut.meta({ description: 'the interruption that made it repeated' }),
          interruptions: z.array(
            z.object({ start: timeOut, end: timeOut.nullable(), incidents: z.array(text) })
          )
        })
      )
    })
  ),
  parameters: z
    .record(text, z.unknown())
    .meta({ description: 'how it was counted: parameters of the profile' })
}

/** Series of repeated outages that an answer lists. */
const MOST_LISTED = 1000

export function showReliability({ result, threshold, repeated, repeatedBy, unclosed }: ReliabilityReport) {
  const { profile, asOf, periodHours, served, isFinal, majorEventDays, parameters } = result
  const { variants } = RELIABILITY_PROFILES[profile]
  const ofClass = (isPlanned: boolean): Share[] =>
    result.classes.filter(({ of }) => (of !== 'fault') === isPlanned)
  return {
    ...{
      asOf: showTime(asOf),
      periodHours,
      servedAccounts: served.count,
      isProvisional: !isFinal || unclosed > 0
    },
    unclosedIncidents: unclosed,
    indices: result.indices.map((index: NamedIndex) => ({ ...index })),
    variants: result.variants.map(each =>
      showVariant(each, variants.find(({ id }) => id === each.variant)?.leavesOut ?? [])
    ),
    planned: addUp(ofClass(true)),
    unplanned: addUp(ofClass(false)),
    classes: result.classes.map(({ of, ...share }) => ({ class: of, ...addUp([share]) })),
    causes: result.causes.map(({ of, ...share }) => ({ cause: of, ...addUp([share]) })),
    majorEventDays: majorEventDays === null ? null : [...majorEventDays],
    threshold: threshold === undefined ? null : showThreshold(threshold),
    repeated: {
      count: repeatedBy.count.value,
      windowDays: repeatedBy.window.value,
      total: repeated.length,
      items: repeated.slice(0, MOST_LISTED).map(showRepeated)
    },
    parameters: { ...parameters }
  }
}

function showVariant(result: VariantResult, leavesOut: readonly string[]) {
  const { variant, customers, interruptions, customerMinutes, open } = result
  const { saifi, saidiMinutes, caidiMinutes, asaiPercent, maifi, maifiEvents } = result
  return {
    ...{ variant, leavesOut: [...leavesOut], customers },
    ...addUp([{ interruptions, customerMinutes }]),
    ...{ saifi, saidiMinutes, caidiMinutes, availabilityPercent: asaiPercent, maifi, maifiEvents, open }
  }
}

function addUp(shares: readonly Omit<Share, 'of'>[]) {
  const interruptions = shares.reduce((sum, share) => sum + share.interruptions, 0)
  const customerMinutes = shares.reduce((sum, share) => sum + share.customerMinutes, 0)
  return { interruptions, customerMinutes, customerHours: customerMinutes / 60 }
}

const showThreshold = ({ tMedMinutes, alpha, beta, days }: NonNullable<ReliabilityReport['threshold']>) => ({
  ...{ tMedMinutes, alpha, beta, days }
})

const showRepeated = ({ account, since, interruptions }: RepeatedOutage) => ({
  account,
  since: showTime(since),
  interruptions: interruptions.map(({ start, end, incidents }) => ({
    start: showTime(start),
    end: end === null ? null : showTime(end),
    incidents: [...incidents]
  }))
})
