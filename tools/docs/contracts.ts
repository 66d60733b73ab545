import { createRoutes } from '../../src/api/routes/all.ts'
import { type Access, STAFF } from '../../src/model/roles.ts'
import { EVENT_ORIGINS, EVENT_TYPES } from '../../src/model/events.ts'
import { FIELDS, READING_KINDS, type ReadingKind, type Scale } from '../../src/model/fields.ts'
import { TOPICS, type TopicName } from '../../src/records/gateway-record.ts'
import { EVENT_WORDS, ORIGIN_WORDS } from './event-words.ts'
import { code, fillParts, table } from './marked.ts'

const TOPIC_WORDS: Readonly<Record<TopicName, string>> = {
  readings: 'JSON, rows or columns (below); decoded and validated',
  frames: 'raw bytes of meter protocols; no codec yet: kept and quarantined with `NO_CODEC`',
  events: 'JSON ([events](#events)); decoded event by event',
  status: 'JSON ([status](#status)), may be retained and the last will; decoded',
  backup: 'JSON ([backup](#backup)); decoded entry by entry',
  replies: 'JSON ([replies](#replies)); its readings are decoded and validated'
}

const KIND_WORDS: Readonly<Record<ReadingKind, string>> = {
  instant: 'taken now; the only kind in which all phases near zero are suspect',
  curve: 'a point of a load curve; averages belong to the interval that ends at its time',
  'hour-freeze': 'registers frozen on the hour',
  'daily-freeze': 'registers frozen at the end of a day; 00:00 closes the day before',
  'month-freeze': 'registers frozen at the end of a month',
  billing: 'registers of a billing date'
}

const RATIOS: Readonly<Record<Scale, string>> = {
  energy: 'CT x PT',
  current: 'CT',
  voltage: 'PT',
  none: 'none'
}

/** One row per name in the payload; a name with three elements has three columns. */
function fieldRows(): string[][] {
  const names = [...new Set<string>(FIELDS.map(field => field.payload))]
  return names.map(name => {
    const fields = FIELDS.filter(field => field.payload === name)
    const [first] = fields
    if (first === undefined) return []
    const form = fields.length === 3 ? 'number or `[a,b,c]`' : 'number'
    const columns = fields.map(field => code(field.name)).join(', ')
    return [code(name), form, columns, RATIOS[first.scale], `${first.low} .. ${first.high}`]
  })
}

export function renderMqtt(present: string): string {
  const topics = TOPICS.map(({ name, log }) => [code(`gv1/{terminal}/${name}`), log, TOPIC_WORDS[name]])
  const kinds = READING_KINDS.map(kind => [code(kind), KIND_WORDS[kind]])
  return fillParts(present, {
    topics: table(['topic', 'log', 'payload'], topics),
    fields: table(
      ['field', 'value', 'column in store and API', 'ratio', 'limits of the format'],
      fieldRows()
    ),
    kinds: table(['kind', 'what it says'], kinds),
    origins: table(
      ['origin', 'who saw it'],
      EVENT_ORIGINS.map(origin => [code(origin), ORIGIN_WORDS[origin]])
    ),
    events: table(
      ['type', 'what it says'],
      EVENT_TYPES.map(type => [code(type), EVENT_WORDS[type]])
    )
  })
}

export function renderApi(present: string): string {
  const routes = createRoutes().map(route => [
    code(`${route.method} ${route.path}`),
    route.summary,
    whoMay(route.access)
  ])
  return fillParts(present, { routes: table(['request', 'answer', 'for'], routes) })
}

/** Roles in the fewest words. */
function whoMay(access: Access): string {
  if (access === 'public') return 'everybody'
  const isAllStaff = STAFF.every(role => access.includes(role))
  const staff = access.filter(role => role !== 'key-customer').join(', ')
  return [isAllStaff ? 'staff' : staff, ...(access.includes('key-customer') ? ['own'] : [])].join(', ')
}
