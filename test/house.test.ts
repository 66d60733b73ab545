import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHouse, readHouse, showViolation } from '../tools/house/check.ts'
import { LONG_FILES, MAX_LINES } from '../tools/house/rooms.ts'
import { importsOf, separate } from '../tools/house/source.ts'

test('the house keeps its rules', () => {
  const files = readHouse()
  assert.ok(files.length > 10, 'the rules read the sources')
  assert.deepEqual(checkHouse(files).map(showViolation), [])
})

test('the list of long files is short and true', () => {
  const lengths = new Map(readHouse().map(({ path, text }) => [path, text.split('\n').length]))
  assert.ok(Object.keys(LONG_FILES).length <= 5)
  for (const [path, reason] of Object.entries(LONG_FILES)) {
    assert.ok((lengths.get(path) ?? 0) > MAX_LINES, `${path} need not be listed any more`)
    assert.ok(reason.length > 20, `${path} needs a reason`)
  }
})

/** Each row: a small house, and the violations it must show. */
const HOUSES: [name: string, files: Record<string, string>, violations: string[]][] = [
  [
    'a clean file',
    { 'src/model/a.ts': "import { readFile } from 'node:fs'\nexport const a = readFile\n" },
    []
  ],
  [
    'model looks at a store',
    { 'src/model/a.ts': "\nimport type { B } from '../series/port.ts'\nexport type A = B\n" },
    ['src/model/a.ts:2 import-direction']
  ],
  [
    'gateway and processors meet only in the log',
    {
      'gateway/a.ts': "import { b } from '../processors/b.ts'\n",
      'processors/c.ts': "import { a } from '../gateway/a.ts'\n",
      'processors/b.ts': "import { LogReader } from '../src/log/port.ts'\n"
    },
    ['gateway/a.ts:1 import-direction', 'processors/c.ts:1 import-direction']
  ],
  [
    'only the composition names adapters',
    {
      'src/api/a.ts': "import { DuckStore } from '../series/duckdb/store.ts'\n",
      'commands/serve.ts': "import { DuckStore } from '../src/series/duckdb/store.ts'\n"
    },
    ['src/api/a.ts:1 import-direction']
  ],
  [
    'the log knows no records',
    { 'src/log/a.ts': "import { b } from '../records/b.ts'\n" },
    ['src/log/a.ts:1 import-direction']
  ],
  [
    'basics import nothing of ours, config may name errors',
    {
      'src/clock.ts': "import { b } from './logger.ts'\n",
      'src/config.ts': "import { b } from './errors.ts'\nimport { c } from './clock.ts'\n"
    },
    ['src/clock.ts:1 import-direction', 'src/config.ts:2 import-direction']
  ],
  [
    'nobody imports bench, nobody imports upward',
    {
      'commands/a.ts': "import { b } from '../bench/b.ts'\nexport const later = () => import('../main.ts')\n",
      'bench/b.ts': "import { a } from '../src/model/a.ts'\n"
    },
    ['commands/a.ts:1 import-direction', 'commands/a.ts:2 import-direction']
  ],
  ['a new folder needs a line in the table', { 'src/attic/a.ts': '\n' }, ['src/attic/a.ts:1 no-room']],
  [
    'a circle, even of types',
    {
      'src/model/a.ts': "import type { B } from './b.ts'\n",
      'src/model/b.ts': "import './c.ts'\n",
      'src/model/c.ts': "export { a } from './a.ts'\n"
    },
    ['src/model/a.ts:1 import-circle']
  ],
  [
    'a file that imports itself',
    { 'src/model/a.ts': "import './a.ts'\n" },
    ['src/model/a.ts:1 import-circle']
  ],
  ['401 lines', { 'src/model/a.ts': '\n'.repeat(401) }, ['src/model/a.ts:401 file-length']],
  ['400 lines', { 'src/model/a.ts': '\n'.repeat(400) }, []],
  [
    'wall clock, timers, chance and environment',
    {
      'src/series/a.ts': [
        'const a = Date.now()',
        'const b = new Date()',
        'const c = new Date',
        'setTimeout(a, 1)',
        'globalThis.setInterval(a, 1)',
        'const d = Math.random()',
        'const e = process.env.HOME',
        'const fine = new Date(5)',
        'socket.setTimeout(5)'
      ].join('\n')
    },
    [1, 2, 3, 4, 5, 6, 7].map(line => `src/series/a.ts:${line} forbidden-call`)
  ],
  [
    'timers by another door',
    { 'commands/a.ts': "import { setTimeout as later } from 'node:timers/promises'\n" },
    ['commands/a.ts:1 forbidden-call', 'commands/a.ts:1 forbidden-call']
  ],
  [
    'packages outside their rooms, and unknown ones',
    {
      'src/series/duckdb/a.ts': "import { x } from '@duckdb/node-api'\nimport { y } from 'node:path'\n",
      'src/series/port.ts': "import { x } from '@duckdb/node-api'\n",
      'processors/a.ts': "import { z } from 'zod'\nimport type { l } from 'lodash'\n",
      'bench/a.ts': "import { z } from 'zod'\n"
    },
    ['processors/a.ts:1 package', 'processors/a.ts:2 package', 'src/series/port.ts:1 package']
  ],
  [
    'the clock, the random source, config and benchmarks may',
    {
      'src/clock.ts': 'Date.now(); setTimeout(() => 0, 1)',
      'src/random.ts': 'Math.random()',
      'src/config.ts': 'process.env',
      'bench/a.ts': 'Date.now(); process.env'
    },
    []
  ],
  [
    'words in comments, texts and patterns are not calls',
    {
      'src/model/a.ts': [
        '// Date.now() is forbidden',
        '/* setTimeout */',
        'const a = \'Math.random()\' + "process.env" + `new Date()`',
        'const b = /setTimeout[/]Date.now/.test(a)',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the fake file holds a template.
        'const c = `${`${Date.now()}`} setInterval`'
      ].join('\n')
    },
    ['src/model/a.ts:5 forbidden-call']
  ],
  [
    'barrels',
    { 'src/model/index.ts': '\n', 'src/model/a.ts': "export * from './b.ts'\n" },
    ['src/model/a.ts:1 barrel', 'src/model/index.ts:1 barrel']
  ],
  ['a default export', { 'src/model/a.ts': '\nexport default 1\n' }, ['src/model/a.ts:2 default-export']],
  [
    'a TODO needs its issue',
    { 'src/model/a.ts': "// TODO(#12): later\n// TODO: later\nconst a = 'TODO'\n" },
    ['src/model/a.ts:2 todo']
  ]
]

for (const [name, files, expected] of HOUSES) {
  test(`house rule: ${name}`, () => {
    const sources = Object.entries(files).map(([path, text]) => ({ path, text }))
    const found = checkHouse(sources).map(({ path, line, rule }) => `${path}:${line} ${rule}`)
    assert.deepEqual(found, expected)
  })
}

test('sources are separated at the same positions', () => {
  const text = "const a = 4 / 2 // half / of\nconst b = x.replace(/['\"]/g, '\\'') /* c */\n"
  const { code, comments } = separate(text)
  assert.equal(code.length, text.length)
  assert.equal(comments.trim().replaceAll(/\s+/g, ' '), '// half / of /* c */')
  assert.equal(code.split('\n')[0], 'const a = 4 / 2             ')
  assert.match(code, /const b = x\.replace\(\/ {4}\/g, ' {2}'\)/)
})

test('imports are found in every form', () => {
  const text = [
    "import { a } from './a.ts'",
    "import type { B } from '../b.ts'",
    "import './c.ts'",
    "export { d } from './d.ts'",
    "const e = await import('./e.ts')",
    "// import { f } from './f.ts'",
    "import {\n  g\n} from 'g'"
  ].join('\n')
  const found = importsOf({ path: 'x.ts', text }).map(({ specifier, line }) => `${specifier} ${line}`)
  assert.deepEqual(found, ['./a.ts 1', '../b.ts 2', './c.ts 3', './d.ts 4', './e.ts 5', 'g 9'])
})
