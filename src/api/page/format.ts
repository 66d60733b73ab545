import type { Language } from '../../model/language.ts'
import { ROOM_WORDS, WORDS, type Word } from './words.ts'

/** How one reader reads: language and site's zone. */
export interface Reader {
  readonly language: Language
  /** A word, with `{x}` replaced. */
  word(word: Word, values?: Readonly<Record<string, string | number>>): string
  room(name: string): string
  count(value: number): string
  /** Rates: one decimal below 10, none above. */
  rate(value: number): string
  /** `digits` decimals, a dash when there is none. */
  fixed(value: number, digits: number): string
  percent(share: number): string
  /** 08:15 */
  clock(time: number): string
  /** 08:15:30 */
  seconds(time: number): string
  /** Day and month. */
  day(time: number): string
  /** Day, month and year. */
  date(time: number): string
  /** Two largest units of a duration. */
  duration(ms: number): string
}

const DASH = '—'
const cache = new Map<string, Reader>()

/** The reader of a language and zone; formatters are made once. */
export function readerOf(language: Language, timezone: string): Reader {
  const key = `${language} ${timezone}`
  const present = cache.get(key)
  if (present !== undefined) return present
  const reader = createReader(language, timezone)
  cache.set(key, reader)
  return reader
}

function createReader(language: Language, timezone: string): Reader {
  const time = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, { timeZone: timezone, hourCycle: 'h23', ...options })
  const clock = time({ hour: '2-digit', minute: '2-digit' })
  const seconds = time({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
  const day = time({ month: 'short', day: 'numeric' })
  const date = time({ year: 'numeric', month: 'short', day: 'numeric' })
  const decimals = Array.from(
    { length: 5 },
    (_, digits) =>
      new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  )
  const word: Reader['word'] = (name, values = {}) =>
    WORDS[language][name].replaceAll(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ''))
  const fixed: Reader['fixed'] = (value, digits) =>
    Number.isFinite(value) ? (decimals[digits]?.format(value) ?? DASH) : DASH
  return {
    language,
    word,
    room: name => (language === 'zh-CN' ? (ROOM_WORDS[name] ?? name) : name),
    count: value => fixed(value, 0),
    rate: value => fixed(value, value < 9.95 ? 1 : 0),
    fixed,
    percent: share => (Number.isFinite(share) ? showPercent(share, fixed) : DASH),
    clock: at => clock.format(at),
    seconds: at => seconds.format(at),
    day: at => day.format(at),
    date: at => date.format(at),
    duration: ms => showDuration(ms, word)
  }
}

/** A share that is not whole is never rounded up to whole. */
function showPercent(share: number, fixed: Reader['fixed']): string {
  if (share >= 1) return '100%'
  return share > 0.99 ? `${fixed(Math.floor(share * 1000) / 10, 1)}%` : `${fixed(share * 100, 0)}%`
}

function showDuration(ms: number, word: Reader['word']): string {
  const total = Math.max(0, Math.floor(ms / 1000))
  const units = [
    ['day', Math.floor(total / 86400)],
    ['hour', Math.floor(total / 3600) % 24],
    ['minute', Math.floor(total / 60) % 60],
    ['second', total % 60]
  ] as const
  const first = units.findIndex(([, n]) => n > 0)
  if (first === -1) return word('second', { n: 0 })
  return units
    .slice(first, first + 2)
    .filter(([, n], place) => place === 0 || n > 0)
    .map(([unit, n]) => word(unit, { n }))
    .join(' ')
}
