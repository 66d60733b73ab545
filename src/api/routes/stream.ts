import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { OUTAGE_TABLES, type OutageTables } from '../../model/outages.ts'
import { QUARANTINE_REASONS } from '../../model/quarantine.ts'
import { STAFF_OR_OWN } from '../../model/roles.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import type { LiveBatch, LiveWish } from '../../stream/port.ts'
import type { ApiContext } from '../context.ts'
import { isOwnMeter } from '../shapes/own.ts'
import { defineRoute, InvalidRequest, type Route, type Who } from '../http/route.ts'
import {
  showAlarmLine,
  showDecisionLine,
  showFindingLine,
  showIncidentLine,
  showLossLine
} from '../shapes/outages.ts'
import { showTime } from '../shapes/schemas.ts'
import { showSupplyLine } from '../shapes/supply.ts'
import { kindOf, showValues } from '../shapes/values.ts'

/** Meters of one stream. */
const MAX_METERS = 100
/** Items of one event. */
const MAX_ITEMS = 200
/** A comment is sent after so much silence, so that proxies and clients know the stream lives. */
const BEAT_MS = 15_000
/** What a client waits before it comes again. */
const RETRY_MS = 2000
const PROGRESS_MS = 1000

const query = z.strictObject({
  meters: z
    .string()
    .min(1)
    .max(MAX_METERS * 129)
    .transform(text => [...new Set(text.split(','))])
    .refine(ids => ids.length <= MAX_METERS, `at most ${MAX_METERS} meters`)
    .optional()
    .meta({ description: `ids of meters whose readings are wanted, with commas, at most ${MAX_METERS}` })
})

/**
 * The live stream (server-sent events of the HTML standard). Each event's id is a cursor in the results log; a client
 * that comes again with Last-Event-ID is told everything since, as far back as the log is kept.
 */
export const streamRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/stream',
    operation: 'listen',
    tag: 'ingest',
    access: STAFF_OR_OWN,
    isOwn: ({ registry }, subject, { query: { meters = [] } }) =>
      meters.every(id => isOwnMeter(registry(), subject, id)),
    summary:
      'Server-sent events as they happen: `readings` of the meters asked for, `incidents`, `communication`, `findings`, `alarms`, `decisions`, `supply` of key customers, `quarantine`, `progress`; Last-Event-ID goes on where it was',
    query,
    response: 'text/event-stream; charset=utf-8',
    errors: ['API_METER_UNKNOWN', 'API_NOT_READY', 'API_BUSY'],
    async handle(context, input, who) {
      const registry = context.registry()
      const meters = (input.query.meters ?? []).map(id => numberOf(registry, id))
      // A key customer is told of its meters and its supply only.
      const { caller } = who
      const own = caller?.role === 'key-customer' ? caller.subject : undefined
      const wish: LiveWish = {
        ...{ meters, quarantine: own === undefined, outages: own === undefined },
        supply: own ?? null
      }
      const from = cursorOf(who.header('last-event-id')) ?? context.live.newest()
      const listener = await context.live.open(wish, from)
      // Its place is free at once, not when the wait for the next batch is over.
      who.onEnd(() => void context.live.close(listener).catch(() => {}))
      who.setHeader('cache-control', 'no-store')
      // Proxies that gather an answer before they pass it on would hold it for ever.
      who.setHeader('x-accel-buffering', 'no')
      return listen(context, registry, listener, who, own === undefined)
    }
  })
]

function numberOf(registry: Registry, id: string): number {
  const meter = registry.meterNumbers.get(id)
  if (meter === undefined) throw new GridvigilError('API_METER_UNKNOWN', `no meter ${JSON.stringify(id)}`)
  return meter
}

function cursorOf(text: string): number | undefined {
  if (text === '') return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidRequest([{ path: 'header.Last-Event-ID', message: 'not an id of this stream' }])
}

async function* listen(
  { live, clock, timezone }: ApiContext,
  registry: Registry,
  listener: number,
  who: Who,
  withProgress: boolean
): AsyncGenerator<string> {
  let toldAt = -Infinity
  yield `retry: ${RETRY_MS}\n${frame('hello', { timezone, registry: registry.version }, undefined)}`
  while (who.mayStill()) {
    const batch = await live.next(listener, BEAT_MS)
    if (batch === undefined) {
      yield ': still here\n\n'
      continue
    }
    const isDue = withProgress && clock.monotonic() - toldAt >= PROGRESS_MS
    if (isDue) toldAt = clock.monotonic()
    const text = eventsOf(registry, batch, isDue)
    if (text !== '') yield text
  }
}

/** The events of a batch; the last one carries the cursor, so that a cut in between repeats rather than loses. */
function eventsOf(registry: Registry, batch: LiveBatch, withProgress: boolean): string {
  const events: [event: string, data: object][] = []
  if (batch.hasGap) events.push(['gap', { remedy: 'ask the other routes for what may be missing' }])
  for (const rows of slices(batch.readings)) {
    const items = rows.map(row => ({
      meter: registry.meters.id.get(row.meter),
      time: showTime(row.time),
      receivedAt: showTime(row.at),
      kind: kindOf(row),
      version: row.version,
      values: showValues(row)
    }))
    events.push(['readings', { items }])
  }
  for (const tables of batch.outages) events.push(...outageEvents(tables))
  for (const lines of slices(batch.supply)) events.push(['supply', { items: lines.map(showSupplyLine) }])
  for (const entries of slices(batch.quarantine)) {
    const items = entries.map(({ at, terminal, topic, reason, meter }) => ({
      receivedAt: showTime(at),
      terminal,
      topic,
      reason: QUARANTINE_REASONS[reason]?.code ?? '',
      meter: meter === '' ? null : meter
    }))
    events.push(['quarantine', { items }])
  }
  if (withProgress) {
    const { frames, readings } = batch.position.audit
    events.push(['progress', { frames, readings }])
  }
  return events
    .map(([event, data], i) => frame(event, data, i === events.length - 1 ? batch.seq : undefined))
    .join('')
}

/** Lines of each table as they were told; of an incident's usage points their number. */
function* outageEvents(tables: OutageTables): Generator<[event: string, data: object]> {
  const shown: Readonly<Record<keyof OutageTables, object[]>> = {
    incidents: (tables.incidents ?? []).map(({ usagePoints, ...line }) =>
      showIncidentLine(line, usagePoints?.length)
    ),
    communication: (tables.communication ?? []).map(showLossLine),
    findings: (tables.findings ?? []).map(showFindingLine),
    alarms: (tables.alarms ?? []).map(showAlarmLine),
    decisions: (tables.decisions ?? []).map(showDecisionLine)
  }
  for (const table of OUTAGE_TABLES) for (const items of slices(shown[table])) yield [table, { items }]
}

const frame = (event: string, data: object, id: number | undefined): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

function* slices<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += MAX_ITEMS) yield items.slice(at, at + MAX_ITEMS)
}
