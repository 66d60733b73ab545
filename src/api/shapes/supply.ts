import { z } from 'zod'
import type { SupplyStretch } from '../../ledger/supply-port.ts'
import { SUPPLY_REASONS, SUPPLY_STATES, type SupplyLine, type SupplyReason } from '../../model/supply.ts'
import { sayCustomer, sayWhy } from '../../supply/words.ts'
import { component, showTime, timeOut } from './schemas.ts'

/** How key customers are supplied, as the API and the live stream show it. */
const reason = z.enum(SUPPLY_REASONS)
const sentence = z
  .object({ 'zh-CN': z.string(), en: z.string() })
  .meta({ description: 'why, in one sentence' })
const since = timeOut.optional().meta({ description: 'absent where it was never known' })
const basis = z.enum(['measured', 'inferred', 'reported', 'declared'])

/** A section that went from one source to another. */
export const transferOut = z.object({
  section: z.string(),
  from: z.string(),
  to: z.string(),
  start: timeOut,
  gapMs: z.number(),
  resolutionMs: z.number()
})

const pictureOut = {
  state: z.enum(SUPPLY_STATES),
  extent: z.enum(['partial', 'full']).optional().meta({ description: 'of what is interrupted' }),
  securityLoadSupplied: z.enum(['yes', 'partly', 'no', 'unknown']),
  atRisk: z.boolean(),
  autonomyMin: z
    .object({ low: z.int(), high: z.int() })
    .optional()
    .meta({ description: 'minutes that its own sources last from `from` on; the low end counts on nothing' }),
  reason,
  sentence,
  sources: z.array(
    z.object({
      source: z.string(),
      state: z.enum(['live', 'dead', 'ready', 'running', 'failed', 'unknown']),
      role: z.enum(['carrying', 'available', 'open', 'none']),
      basis,
      since,
      reason,
      sentence
    })
  ),
  sections: z.array(
    z.object({
      section: z.string(),
      fedBy: z.string().meta({ description: 'a source, or `dark`, or `unknown`' }),
      basis,
      since,
      reason,
      sentence
    })
  ),
  transfers: z
    .array(transferOut)
    .optional()
    .meta({ description: 'with which it began: gaps that are allowed' })
}

/** What was said of a stretch of time. */
export const supplyLineOut = component(
  'SupplyLine',
  z.object({
    at: timeOut.meta({ description: 'log time at which it was known' }),
    start: timeOut.meta({ description: 'since when the state is the same' }),
    keyCustomer: z.string(),
    from: timeOut.meta({ description: 'from when on all of this is so' }),
    end: timeOut.optional().meta({ description: 'of what was over when it was said' }),
    supersedes: timeOut.optional().meta({ description: 'log time of what it took the place of' }),
    ...pictureOut
  })
)

/** What is settled of a stretch of time by now. */
export const supplyOut = component(
  'Supply',
  z.object({
    from: timeOut,
    to: timeOut.nullable().meta({ description: 'null: it goes on' }),
    at: timeOut.meta({ description: 'log time at which it was known' }),
    start: timeOut.meta({ description: 'since when the state is the same, as known then' }),
    keyCustomer: z.string(),
    ...pictureOut
  })
)

type PictureOut = Omit<
  z.input<typeof supplyLineOut>,
  'at' | 'start' | 'keyCustomer' | 'from' | 'end' | 'supersedes'
>

const why = (code: SupplyReason) => ({ 'zh-CN': sayWhy(code, 'zh-CN'), en: sayWhy(code, 'en') })
const sinceOf = (time: number | undefined) => (time === undefined ? {} : { since: showTime(time) })

function showPicture(line: SupplyLine): PictureOut {
  const { state, extent, securityLoadSupplied, atRisk, autonomyMin, sources, sections, transfers } = line
  return {
    state,
    ...(extent !== undefined && { extent }),
    ...{ securityLoadSupplied, atRisk },
    ...(autonomyMin !== undefined && { autonomyMin: { low: autonomyMin[0], high: autonomyMin[1] } }),
    reason: line.reason,
    sentence: { 'zh-CN': sayCustomer(line, 'zh-CN'), en: sayCustomer(line, 'en') },
    sources: sources.map(({ since: from, ...each }) => ({
      ...each,
      ...sinceOf(from),
      sentence: why(each.reason)
    })),
    sections: sections.map(({ since: from, ...each }) => ({
      ...each,
      ...sinceOf(from),
      sentence: why(each.reason)
    })),
    ...(transfers !== undefined && {
      transfers: transfers.map(({ start, ...each }) => ({ ...each, start: showTime(start) }))
    })
  }
}

export function showSupplyLine(line: SupplyLine): z.input<typeof supplyLineOut> {
  const { at, start, keyCustomer, from, end, supersedes } = line
  return {
    ...{ at: showTime(at), start: showTime(start), keyCustomer, from: showTime(from) },
    ...(end !== undefined && { end: showTime(end) }),
    ...(supersedes !== undefined && { supersedes: showTime(supersedes) }),
    ...showPicture(line)
  }
}

export function showSupply({ line, from, to }: SupplyStretch): z.input<typeof supplyOut> {
  const { at, start, keyCustomer } = line
  return {
    ...{ from: showTime(from), to: to === null ? null : showTime(to) },
    ...{ at: showTime(at), start: showTime(start), keyCustomer },
    ...showPicture(line)
  }
}
