import fc from 'fast-check'
import type { Schema } from './document.ts'

/** Values a parameter or property has in the site under test, by its name: those that lead deep into the handlers. */
export type Known = Readonly<Record<string, readonly string[]>>

/** Texts that have broken servers before: markup, separators, other scripts, lone surrogates, numbers at the edges. */
export const HOSTILE: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  '00',
  '1e3',
  '0x10',
  'NaN',
  'null',
  'undefined',
  'true',
  '9007199254740993',
  '99999999999999999999',
  '-0',
  '1.5',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '..',
  '../../etc/passwd',
  '%2e%2e%2f',
  '%',
  '%zz',
  '%00',
  '\u0000',
  '\r\nx-injected: 1',
  "' OR 1=1 --",
  '"; DROP TABLE tokens; --',
  '<script>alert(1)</script>',
  '#{7*7}',
  '王芳',
  '🔌',
  '\ud800',
  '\ufeff',
  'a\u0301',
  ',',
  ',,,',
  ';',
  '*',
  'a'.repeat(129),
  'a'.repeat(513),
  'x'.repeat(5000),
  '2026-02-31T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  '253402300800000',
  '9999-12-31T23:59:59Z',
  '1970-01-01T00:00:00Z',
  '2026-11-20T08:15:00+08:00',
  '2026-11-20T24:00:00Z',
  '2026-11-20'
]

export const hostile: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ maxLength: 40, unit: 'binary' })
)

/** A value that fits `schema`; names in `known` lend their values. */
export function fitting(schema: Schema, name: string, known: Known): fc.Arbitrary<unknown> {
  const own = known[name]
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  switch (schema.type) {
    case 'object':
      return fittingObject(schema, known)
    case 'array': {
      const { minItems = 0, maxItems = 10, items = {} } = schema
      return fc.array(fitting(items, name, known), {
        minLength: minItems,
        maxLength: Math.min(maxItems, minItems + 6)
      })
    }
    case 'integer':
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1000, 2000) }),
        fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? Number.MAX_SAFE_INTEGER)
      )
    case 'number':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 100 })
    case 'boolean':
      return fc.boolean()
    default: {
      const free = fittingText(schema)
      return own === undefined ? free : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...own) }, free)
    }
  }
}

function fittingText({ minLength = 0, maxLength = 64, pattern }: Schema): fc.Arbitrary<string> {
  if (pattern === undefined || pattern.includes('\\p{') || pattern.length > 60)
    return fc.string({ minLength, maxLength: Math.min(maxLength, Math.max(minLength, 40)), unit: 'grapheme' })
  return fc.stringMatching(new RegExp(pattern))
}

function fittingObject({ properties = {}, required = [] }: Schema, known: Known): fc.Arbitrary<unknown> {
  const model = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, fitting(schema, name, known)])
  )
  return fc.record(model, { requiredKeys: [...required] })
}

/** A JSON value near `fit`: one place of it is taken away, added, of another type or out of bounds. */
export function nearly(fit: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const odd = fc.oneof(hostile, fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(null, -1, 1e300, [], {}, true))
  return fc
    .tuple(fit, fc.nat({ max: 5 }), odd, fc.constantFrom('x', 'constructor', 'toString', ''))
    .map(([value, place, replacement, extra]) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return replacement
      const entries = Object.entries(value)
      if (place >= entries.length) return { ...value, [extra]: replacement }
      if (place % 2 === 0) return Object.fromEntries(entries.filter((_, index) => index !== place))
      return Object.fromEntries(
        entries.map(([key, own], index) => [key, index === place ? replacement : own])
      )
    })
}
