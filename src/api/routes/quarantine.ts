import { z } from 'zod'
import {
  MARK_OUTCOMES,
  QUARANTINE_REASONS,
  QUARANTINE_STATES,
  quarantineNumber,
  quarantineState
} from '../../model/quarantine.ts'
import type { QuarantineRow } from '../../series/port.ts'
import { STAFF } from '../../model/roles.ts'
import { defineRoute, type Route } from '../http/route.ts'
import {
  component,
  count,
  showTime,
  timeOut,
  timeParameter,
  timezoneOut,
  wholeParameter
} from '../shapes/schemas.ts'

/** Most entries of one page. */
export const MAX_ENTRIES = 500
const DEFAULT_ENTRIES = 50
/** Bytes of a payload that the listing shows; the store keeps all of them. */
export const SHOWN_BYTES = 4096

const reasonIn = z.enum(QUARANTINE_REASONS.map(({ code }) => code))

const entryOut = component(
  'QuarantineEntry',
  z.object({
    id: count,
    receivedAt: timeOut,
    state: z.enum(QUARANTINE_STATES).meta({
      description: 'open: set aside; unbound: waits until its meter is known; replayed: taken out again'
    }),
    replay: z
      .object({
        at: timeOut,
        by: z.string().meta({ description: 'who asked; empty where nobody had to' }),
        outcome: z.enum(MARK_OUTCOMES)
      })
      .nullable()
      .meta({ description: 'how it was last judged again' }),
    terminal: z.string(),
    topic: z.string(),
    log: z.enum(['frames', 'events']),
    seq: count.meta({ description: 'record of that log' }),
    reason: z.enum(QUARANTINE_REASONS.map(({ code }) => code)),
    text: z.string(),
    remedy: z.string(),
    index: z
      .int()
      .nullable()
      .meta({ description: 'position of the reading or event in its frame; null for the whole frame' }),
    meter: z.string().nullable(),
    payload: z.object({
      encoding: z.enum(['utf-8', 'base64']),
      content: z.string(),
      bytes: count.meta({ description: 'size of the whole payload' }),
      truncated: z.boolean()
    })
  })
)

const quarantineOut = component(
  'QuarantineList',
  z.object({
    timezone: timezoneOut,
    items: z.array(entryOut),
    next: count.nullable().meta({ description: '`before` of the next page; null on the last one' })
  })
)

/** Entries one request can name. */
const MAX_REPLAYED_IDS = 1000

const replayOut = component(
  'ReplayRequested',
  z.object({
    entries: count.meta({ description: 'entries that are judged again from here on; see their `state`' }),
    more: z.boolean().meta({ description: 'whether more of them fit: ask again' })
  })
)

const strictText = new TextDecoder('utf-8', { fatal: true })

function showPayload(bytes: Uint8Array): z.input<typeof entryOut>['payload'] {
  const shown = bytes.subarray(0, SHOWN_BYTES)
  const size = { bytes: bytes.length, truncated: shown.length < bytes.length }
  try {
    // A cut may fall into a character: up to three bytes of it are let go.
    const whole = size.truncated ? shown.subarray(0, lastBoundary(shown)) : shown
    return { encoding: 'utf-8', content: strictText.decode(whole), ...size }
  } catch {
    return { encoding: 'base64', content: Buffer.from(shown).toString('base64'), ...size }
  }
}

function lastBoundary(bytes: Uint8Array): number {
  let end = bytes.length
  while (end > bytes.length - 3 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end--
  return (bytes[end - 1] ?? 0) >= 0xc0 ? end - 1 : bytes.length
}

function showEntry(row: QuarantineRow): z.input<typeof entryOut> {
  const reason = QUARANTINE_REASONS[row.reason] ?? QUARANTINE_REASONS[0]
  return {
    id: row.id,
    receivedAt: showTime(row.at),
    state: quarantineState(row.mark?.outcome),
    replay: row.mark === undefined ? null : { ...row.mark, at: showTime(row.mark.at) },
    terminal: row.terminal,
    topic: row.topic,
    log: row.log,
    seq: row.seq,
    reason: reason.code,
    text: reason.text,
    remedy: reason.remedy,
    index: row.index < 0 ? null : row.index,
    meter: row.meter === '' ? null : row.meter,
    payload: showPayload(row.bytes)
  }
}

export const quarantineRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/quarantine',
    operation: 'listQuarantine',
    tag: 'ingest',
    access: STAFF,
    summary: 'Frames, readings and events set aside, newest first, each with its reason and bytes',
    query: z.strictObject({
      limit: wholeParameter(1, MAX_ENTRIES, 'items of the page').optional(),
      before: wholeParameter(0, Number.MAX_SAFE_INTEGER, '`next` of the page before').optional(),
      reason: reasonIn.optional(),
      terminal: z.string().optional(),
      from: timeParameter.optional().meta({ description: 'received at or after' }),
      to: timeParameter.optional().meta({ description: 'received before' }),
      state: z.enum(QUARANTINE_STATES).optional()
    }),
    response: quarantineOut,
    asksStore: true,
    async handle(context, { query }) {
      const { limit = DEFAULT_ENTRIES, reason, ...given } = query
      const rows = await context.series.quarantine({
        ...given,
        ...(reason === undefined ? {} : { reason: quarantineNumber(reason) }),
        limit: limit + 1
      })
      const items = rows.slice(0, limit).map(showEntry)
      return {
        timezone: context.timezone,
        items,
        next: rows.length > limit ? (items.at(-1)?.id ?? null) : null
      }
    }
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/quarantine/replay',
    operation: 'replayQuarantine',
    tag: 'ingest',
    access: ['dispatcher', 'admin'],
    summary:
      'Judges open entries again under the registry of now, as late data; what is taken leaves the quarantine once',
    body: z
      .strictObject({
        ids: z.array(z.int().nonnegative()).min(1).max(MAX_REPLAYED_IDS).optional(),
        reason: reasonIn.optional(),
        terminal: z.string().min(1).max(64).optional(),
        from: timeParameter.optional().meta({ description: 'received at or after' }),
        to: timeParameter.optional().meta({ description: 'received before' })
      })
      .refine(body => Object.values(body).some(value => value !== undefined), {
        message: 'say which: ids, reason, terminal, from or to'
      }),
    response: replayOut,
    status: 202,
    asksStore: true,
    errors: ['LOG_WRITE_FAILED', 'LOG_CLOSED'],
    async handle(context, { body }, { actor }) {
      const { reason, ...rest } = body
      const filter = { ...rest, ...(reason !== undefined && { reason: quarantineNumber(reason) }) }
      const { entries, more } = await context.replay(filter, actor.name)
      if (entries > 0) await context.ledger.note('quarantine.replay', '', { ...body, entries }, actor)
      return { entries, more }
    }
  })
]
