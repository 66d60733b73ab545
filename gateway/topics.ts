import { TOPICS } from '../src/records/gateway-record.ts'

/** What a publish is refused for, or the number of its topic class. */
export type TopicDecision =
  | { readonly kind: 'accept'; readonly topic: number }
  | { readonly kind: 'refuse'; readonly reason: 'foreign' | 'unknown' }

const NUMBERS = new Map<string, number>(TOPICS.map((topic, number) => [topic.name, number]))
const PREFIX = 'gv1/'

/** Whether `terminal` may publish under `topic`: gv1/{its own id}/{one of TOPICS}. */
export function decidePublish(terminal: string, topic: string): TopicDecision {
  const start = PREFIX.length + terminal.length
  if (!topic.startsWith(PREFIX) || !topic.startsWith(terminal, PREFIX.length) || topic[start] !== '/') {
    return { kind: 'refuse', reason: 'foreign' }
  }
  const number = NUMBERS.get(topic.slice(start + 1))
  return number === undefined ? { kind: 'refuse', reason: 'unknown' } : { kind: 'accept', topic: number }
}

/** Where commands for a terminal go down. */
export const commandsOf = (terminal: string): string => `${PREFIX}${terminal}/commands`

/** A terminal may hear its own commands and nothing else. */
export const maySubscribe = (terminal: string, filter: string): boolean => filter === commandsOf(terminal)
