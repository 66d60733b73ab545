import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readScenario } from '../../src/simulator/scenario/read-scenario.ts'
import { scenario, VERB_NAMES } from '../../src/simulator/scenario/schema.ts'
import { PROJECT } from '../house/check.ts'
import { code, fillParts, table } from './marked.ts'
import {
  COLLECTION_WORDS,
  KIND_WORDS,
  QUERY_WORDS,
  RANDOM_WORDS,
  SCENARIO_WORDS,
  STEP_WORDS,
  VERB_WORDS
} from './scenario-words.ts'

/** The part of JSON Schema that the scenario language uses. */
interface Form {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly string[]
  readonly const?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
  readonly anyOf?: readonly Form[]
  readonly items?: Form
  readonly properties?: Readonly<Record<string, Form>>
  readonly required?: readonly string[]
}

const TARGET = '[target](#targets)'
const HOUR_MS = 3_600_000

/** What a member may hold. */
function formOf(form: Form): string {
  const { type, description, pattern, properties, items } = form
  if (form.const !== undefined) return code(form.const)
  if (form.enum !== undefined) return form.enum.map(code).join(', ')
  if (form.anyOf !== undefined) return TARGET
  // Only times have a description of their own.
  if (description !== undefined) return 'time'
  const choices = pattern?.match(/^\^\((.+)\)\$$/)?.[1]
  if (choices !== undefined) return choices.split('|').map(code).join(', ')
  if (pattern !== undefined) return `text of ${code(pattern.replace(/^\^|\+\$$/g, ''))}`
  if (type === 'string') return 'text'
  if (type === 'boolean') return `${code('true')}, ${code('false')}`
  if (type === 'array') return items?.type === 'string' ? 'list of texts' : 'list'
  if (type === 'object') {
    const shared = new Set(Object.values(properties ?? {}).map(formOf))
    const names = Object.keys(properties ?? {}).map(code)
    return shared.size === 1 ? `${names.join(', ')}: ${[...shared].join('')} each` : names.join(', ')
  }
  return `${type === 'integer' ? 'whole number' : 'number'}${limitsOf(form)}`
}

function limitsOf({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: Form): string {
  const [isLow, isHigh] = [minimum > Number.MIN_SAFE_INTEGER, maximum < Number.MAX_SAFE_INTEGER]
  if (isLow && isHigh) return ` ${minimum} .. ${maximum}`
  return isLow ? ` from ${minimum} on` : ''
}

/** What holds when a member is left out. */
function unsaidOf(name: string, { default: unsaid, type }: Form, required: readonly string[] = []): string {
  if (required.includes(name)) return 'needed'
  if (unsaid === undefined || type === 'array') return ''
  const isEmpty = typeof unsaid === 'object' && Object.keys(unsaid ?? {}).length === 0
  if (isEmpty) return ''
  return typeof unsaid === 'object'
    ? Object.entries(unsaid ?? {})
        .map(([member, value]) => `${code(member)} ${String(value)}`)
        .join(', ')
    : code(String(unsaid))
}

/** One row for each member. @throws Error for a member without words, or words without a member */
function membersOf(
  form: Form,
  words: Readonly<Record<string, string>>,
  passed: readonly string[] = []
): string {
  const { properties = {}, required } = form
  const members = Object.entries(properties).filter(([name]) => !passed.includes(name))
  isTold(
    members.map(([name]) => name),
    words
  )
  const rows = members.map(([name, member]) => [
    code(name),
    formOf(member),
    unsaidOf(name, member, required),
    words[name] ?? ''
  ])
  return table(['member', 'value', 'when left out', 'meaning'], rows)
}

/** @throws Error when names and words are not the same */
function isTold(names: readonly string[], words: Readonly<Record<string, unknown>>): void {
  const untold = names.filter(name => !(name in words))
  const unknown = Object.keys(words).filter(name => !names.includes(name))
  if (untold.length + unknown.length > 0)
    throw new Error(
      `tools/docs/scenario-words.ts: no words of ${untold.join(', ') || 'none'}; words of what is not there: ${unknown.join(', ') || 'none'}`
    )
}

/** What a verb takes, in one cell. @param on what it acts on */
function takes({ properties = {}, required = [] }: Form, on: string): string {
  return Object.entries(properties)
    .map(([name, member]) => {
      const unsaid = unsaidOf(name, member, required)
      const need =
        unsaid === 'needed' ? '' : unsaid === '' ? ', may be left out' : `, ${unsaid} when left out`
      return `${code(name)}: ${name === 'on' && on !== '' ? on : formOf(member)}${need}`
    })
    .join('; ')
}

/** The form of the query among the three forms of a target. */
function queryOf(target: Form): Form {
  const found = target.anyOf?.find(({ properties }) => properties?.kind !== undefined)
  if (found === undefined) throw new Error('a target has no query any more')
  return found
}

function kindsOf(query: Form): string {
  const kinds = query.properties?.kind?.enum ?? []
  isTold(kinds, KIND_WORDS)
  return table(
    ['kind', 'finds', 'members that count, beside `pick`'],
    kinds.map(kind => [code(kind), ...(KIND_WORDS[kind] ?? [])])
  )
}

const lengthOf = (ms: number): string => (ms % HOUR_MS === 0 ? `${ms / HOUR_MS} h` : `${ms / 60_000} min`)

function filesOf(): string {
  const names = readdirSync(join(PROJECT, 'scenarios')).sort()
  const rows = names.map(name => {
    const { title, shows, duration, city } = readScenario(join(PROJECT, 'scenarios', name))
    return [
      `[${name}](../scenarios/${name})`,
      title.en,
      shows.map(code).join(', '),
      lengthOf(duration),
      String(city.meters)
    ]
  })
  return table(['file', 'what happens', 'shows', 'lasts', 'meters'], rows)
}

export function renderScenarios(present: string): string {
  const form = scenario.toJSONSchema({ io: 'input' }) as Form
  const member = (name: string): Form => form.properties?.[name] ?? {}
  const step = member('steps').items ?? {}
  const query = queryOf(step.properties?.fail?.properties?.on ?? {})
  const verbs = VERB_NAMES.map(verb => {
    const { on, world, truth } = VERB_WORDS[verb]
    return [code(verb), takes(step.properties?.[verb] ?? {}, on), world, truth]
  })
  return fillParts(present, {
    file: membersOf(form, SCENARIO_WORDS),
    steps: membersOf(step, STEP_WORDS, VERB_NAMES),
    kinds: kindsOf(query),
    query: membersOf(query, QUERY_WORDS),
    verbs: table(['verb', 'takes', 'what happens in the world', 'what stands in the truth'], verbs),
    collection: membersOf(member('collection'), COLLECTION_WORDS),
    random: membersOf(member('random'), RANDOM_WORDS),
    files: filesOf()
  })
}
