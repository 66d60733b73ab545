import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { ERRORS } from '../src/errors.ts'
import { METRICS } from '../src/metrics.ts'
import { QUARANTINE_REASONS } from '../src/model/quarantine.ts'
import { REGISTRY_ISSUES } from '../src/registry/read/issues.ts'
import { PROJECT } from '../tools/house/check.ts'

/** What is written for people must be true: files, scripts, headings and codes that a page names exist. */
const PAGES = [
  'README.md',
  'AGENTS.md',
  'CHANGELOG.md',
  'bench/README.md',
  ...readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name.replaceAll('\\', '/')}`)
]
/** Folders of the project; a path in code marks that begins with one of them is a claim. */
const FOLDERS = ['bench', 'bin', 'commands', 'docs', 'gateway', 'processors', 'src', 'test', 'tools']
/** Made when something runs: not part of the project. */
const MADE = ['bench/results/local/', 'bench/results/']

const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

const read = (page: string): string => readFileSync(join(PROJECT, page), 'utf8')

/** Without fenced blocks: what they show is a program's own text. */
const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '')

/** Targets of links that stay in the project, with their anchors. */
function linksOf(page: string): { path: string; anchor: string; link: string }[] {
  return [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter(link => !/^[a-z]+:/.test(link))
    .map(link => {
      const [path = '', anchor = ''] = link.split('#')
      return { path: path === '' ? page : normalize(join(dirname(page), path)), anchor, link }
    })
}

/** Paths in code marks: `src/log/port.ts`, `bench/`, `test/contract/`. Patterns and placeholders are none. */
function pathsOf(page: string): string[] {
  return [...prose(read(page)).matchAll(/`([^`\s]+)`/g)]
    .map(([, path = '']) => path)
    .filter(path => FOLDERS.some(folder => path.startsWith(`${folder}/`)))
    .filter(path => !/[*{}<>…]/.test(path) && !MADE.some(made => path.startsWith(made)))
}

/** Anchors of a page: its headings as they are linked, and names set by hand. */
function anchorsOf(page: string): Set<string> {
  const text = prose(read(page))
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
  )
  const named = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)
  return new Set([...headings, ...named])
}

for (const page of PAGES) {
  test(`${page}: links lead somewhere`, () => {
    for (const { path, anchor, link } of linksOf(page)) {
      assert.ok(existsSync(join(PROJECT, path)), `${link} does not exist`)
      if (anchor !== '') assert.ok(anchorsOf(path).has(anchor), `${link}: ${path} has no such place`)
    }
  })

  test(`${page}: files it names exist`, () => {
    for (const path of pathsOf(page)) assert.ok(existsSync(join(PROJECT, path)), `${path} does not exist`)
  })

  test(`${page}: npm scripts it names exist`, () => {
    const named = [...read(page).matchAll(/\bnpm (?:run (?:-s )?([a-z][\w:-]*)|(test|start)\b)/g)]
    for (const [, script, short] of named) {
      const name = script ?? short ?? ''
      assert.ok(Object.hasOwn(scripts, name), `package.json has no script ${name}`)
    }
  })

  test(`${page}: codes it names exist`, () => {
    const known = new Set<string>([
      ...Object.keys(ERRORS),
      ...Object.keys(REGISTRY_ISSUES),
      ...QUARANTINE_REASONS.map(reason => reason.code)
    ])
    const rooms = new Set(Object.keys(ERRORS).map(code => code.split('_')[0]))
    for (const [, code = ''] of read(page).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)) {
      if (rooms.has(code.split('_')[0])) assert.ok(known.has(code), `no code ${code}`)
    }
  })
}

test('README names what proves its promises, and the map names every folder', () => {
  assert.ok(linksOf('README.md').filter(({ path }) => path.startsWith('test/')).length > 10)
  const map = read('AGENTS.md')
  const rooms = readdirSync(join(PROJECT, 'src'), { withFileTypes: true }).filter(it => it.isDirectory())
  const folders = [...FOLDERS, ...rooms.map(({ name }) => `src/${name}`)]
  for (const folder of folders)
    assert.ok(map.includes(`\`${folder}/`), `AGENTS.md says nothing of ${folder}/`)
})

test('operations.md explains every metric and every room', () => {
  const page = read('docs/operations.md')
  for (const name of Object.values(METRICS)) assert.match(page, new RegExp(`\`${name}[\`{]`), name)
  for (const room of ['gateway', 'clock', 'frames-log', 'events-log', 'processor', 'series']) {
    assert.ok(page.includes(`\`${room}\``), room)
  }
})

test('the index of docs/ names every page', () => {
  const index = read('docs/README.md')
  for (const page of PAGES.filter(path => path.startsWith('docs/') && path !== 'docs/README.md')) {
    assert.ok(index.includes(`(${page.slice('docs/'.length)})`), `docs/README.md does not name ${page}`)
  }
})
