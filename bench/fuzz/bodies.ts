import fc from 'fast-check'
import type { Operation } from './document.ts'
import { fitting, HOSTILE, hostile, type Known, nearly } from './values.ts'

/** A body and the media type it is sent with; '' sends none. */
export interface Body {
  readonly type: string
  readonly bytes: Buffer
}

/** Files by name, by the operation that takes them. */
export type Uploads = Readonly<Record<string, Readonly<Record<string, string>>>>

const BOUNDARY = 'gv-boundary'
const DEPTH = 20_000

/** Texts that are no body of ours, whatever the operation. */
const RAW: readonly Buffer[] = [
  '',
  '{',
  '{"role":',
  '{"role":"viewer"',
  '{"role":"viewer"}}',
  '{"role":"viewer","role":"admin"}',
  '{"__proto__":{"role":"admin"}}',
  '{"constructor":{"prototype":{"role":"admin"}}}',
  '{"role":1e999}',
  '{"ids":[1e400]}',
  '{"ids":[9007199254740993]}',
  '\ufeff{"role":"viewer"}',
  'null',
  'true',
  '[]',
  '"text"',
  '0',
  'NaN',
  "{'role':'viewer'}",
  '{"label":"\\ud800"}',
  '[{"role":"viewer"}]',
  '['.repeat(DEPTH),
  `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`,
  `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  `{"label":"${'x'.repeat(70_000)}"}`,
  'role=viewer&label=x',
  '<xml/>'
]
  .map(text => Buffer.from(text))
  .concat([Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), Buffer.alloc(300, 0)])

const TYPES: readonly string[] = [
  '',
  'application/json; charset=utf-16',
  'application/json;charset=',
  'application/problem+json',
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  `multipart/form-data; boundary=${'b'.repeat(300)}`,
  'multipart/mixed; boundary=x',
  '/',
  'json',
  'application/json, text/plain',
  'x'.repeat(2000)
]

/** Bodies for an operation, most of them of its own media type. */
export function bodyOf(
  { id, body }: Operation,
  uploads: Uploads,
  known: Known
): fc.Arbitrary<Body | undefined> {
  const raw = fc.constantFrom(...RAW)
  const type = body?.type ?? 'application/json'
  const odd = fc.record({ type: fc.constantFrom(type, ...TYPES), bytes: raw })
  if (body === undefined) {
    return fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, odd)
  }
  if (type === 'multipart/form-data') {
    const sent = multipart(uploads[id] ?? {}).map(bytes => ({ type: `${type}; boundary=${BOUNDARY}`, bytes }))
    return fc.oneof({ weight: 6, arbitrary: sent }, odd, fc.constant(undefined))
  }
  const fit = fitting(body.schema, '', known)
  const json = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Body> =>
    value.map(it => ({ type, bytes: Buffer.from(JSON.stringify(it) ?? 'null') }))
  const mistyped = fc.record({ type: fc.constantFrom(...TYPES), bytes: json(fit).map(({ bytes }) => bytes) })
  return fc.oneof(
    { weight: 5, arbitrary: json(fit) },
    { weight: 4, arbitrary: json(nearly(fit)) },
    { weight: 1, arbitrary: json(fc.jsonValue({ maxDepth: 4 })) },
    { weight: 2, arbitrary: odd },
    { weight: 1, arbitrary: mistyped },
    { weight: 1, arbitrary: fc.constant(undefined) }
  )
}

/** Files as a form: whole, with files left out, spoiled or named oddly, or with its end cut off. */
function multipart(files: Readonly<Record<string, string>>): fc.Arbitrary<Buffer> {
  const names = Object.keys(files)
  const oddName = fc.constantFrom('x.csv', '../meters.csv', 'meters.exe', '', 'a"b.csv', '表.csv', ...HOSTILE)
  const part = fc.record({
    name: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...names) }, oddName),
    from: fc.constantFrom(...names),
    spoil: fc.option(hostile, { freq: 4 }),
    field: fc.constantFrom('files', 'files', 'files', 'file', '__proto__', '')
  })
  const whole = fc.constant(
    names.map(name => ({ name, from: name, spoil: null as string | null, field: 'files' }))
  )
  const parts = fc.oneof({ weight: 3, arbitrary: whole }, fc.array(part, { maxLength: 24 }))
  return fc
    .tuple(parts, fc.constantFrom(1, 1, 1, 0.9, 0.5, 0.01), fc.boolean())
    .map(([all, share, isClosed]) => {
      const text = all
        .map(
          ({ name, from, spoil, field }) =>
            `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\n` +
            `Content-Type: text/csv\r\n\r\n${files[from] ?? ''}${spoil ?? ''}\r\n`
        )
        .join('')
      const bytes = Buffer.from(isClosed || share === 1 ? `${text}--${BOUNDARY}--\r\n` : text)
      return bytes.subarray(0, Math.ceil(bytes.length * share))
    })
}
