import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BASICS, COMPOSITION, FORBIDDEN, LONG_FILES, MAX_LINES, PACKAGES, ROOMS, type Room } from './rooms.ts'
import { importsOf, lineAt, type Parts, type SourceFile, separate } from './source.ts'

/** The project's folder. */
export const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** What the house rules read. */
const READ = ['main.ts', 'commands', 'gateway', 'processors', 'scoring', 'src', 'bench']

export interface Violation {
  readonly path: string
  readonly line: number
  readonly rule: string
  readonly detail: string
}

interface Reference {
  readonly to: string
  readonly line: number
}

/** `path:line rule: detail`, one violation. */
export const showViolation = (it: Violation): string => `${it.path}:${it.line} ${it.rule}: ${it.detail}`

/** All sources the rules cover, from disk. */
export function readHouse(root: string = PROJECT): SourceFile[] {
  const paths = READ.flatMap(entry => {
    if (entry.endsWith('.ts')) return [entry]
    return listFolder(join(root, entry)).map(name => `${entry}/${name}`)
  })
  return paths.flatMap(path => {
    const text = readOptional(join(root, path))
    return text === undefined ? [] : [{ path, text }]
  })
}

/** Every violation in `files`, in order of path and line. Imports are resolved within `files`. */
export function checkHouse(files: readonly SourceFile[]): Violation[] {
  const violations: Violation[] = []
  const graph = new Map<string, Reference[]>()
  for (const file of files) {
    const parts = separate(file.text)
    const references = importsOf(file, parts)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, line }) => ({ to: posix.join(posix.dirname(file.path), specifier), line }))
    graph.set(file.path, references)
    violations.push(
      ...checkDirections(file, references),
      ...checkPackages(file),
      ...checkCalls(file, parts),
      ...checkForm(file, parts)
    )
  }
  violations.push(...checkTimers(files), ...checkCircles(graph))
  return violations.sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line)
}

function roomOf(path: string): Room | undefined {
  return ROOMS.filter(room => path.startsWith(room.path)).sort((a, b) => b.path.length - a.path.length)[0]
}

function checkDirections(file: SourceFile, references: readonly Reference[]): Violation[] {
  const room = roomOf(file.path)
  if (room === undefined) {
    return [
      { path: file.path, line: 1, rule: 'no-room', detail: 'stands in no room of tools/house/rooms.ts' }
    ]
  }
  const isBasic = (BASICS as readonly string[]).includes(room.path)
  const may = [room.path, ...room.may, ...(isBasic ? [] : BASICS)]
  return references
    .filter(({ to }) => !may.some(prefix => to.startsWith(prefix)))
    .map(({ to, line }) => ({
      path: file.path,
      line,
      rule: 'import-direction',
      detail: `${room.path} may not import ${to}; it may import ${may.slice(1).join(', ') || 'nothing of ours'}`
    }))
}

function checkPackages(file: SourceFile): Violation[] {
  if (COMPOSITION.some(folder => file.path.startsWith(folder))) return []
  return importsOf(file)
    .filter(({ specifier }) => /^@?[a-z]/.test(specifier) && !specifier.startsWith('node:'))
    .flatMap(({ specifier, line }) => {
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
      const rooms = PACKAGES[name]
      if (rooms?.some(prefix => file.path.startsWith(prefix))) return []
      const detail =
        rooms === undefined
          ? `${name} stands in no line of PACKAGES in tools/house/rooms.ts`
          : `${name} is for ${rooms.join(', ')} only`
      return [{ path: file.path, line, rule: 'package', detail }]
    })
}

function checkCalls(file: SourceFile, parts: Parts): Violation[] {
  if (COMPOSITION.some(folder => file.path.startsWith(folder))) return []
  return FORBIDDEN.filter(({ allowed }) => !(allowed as readonly string[]).includes(file.path)).flatMap(
    rule =>
      [...parts.code.matchAll(rule.pattern)].map(match => ({
        path: file.path,
        line: lineAt(file.text, match.index),
        rule: 'forbidden-call',
        detail: `${rule.name} is for ${rule.allowed.join(', ')} only; ${rule.instead}`
      }))
  )
}

/** node:timers would be a way around the forbidden calls. */
function checkTimers(files: readonly SourceFile[]): Violation[] {
  return files
    .filter(({ path }) => path !== 'src/clock.ts' && !COMPOSITION.some(folder => path.startsWith(folder)))
    .flatMap(file =>
      importsOf(file)
        .filter(({ specifier }) => /^(node:)?timers(\/|$)/.test(specifier))
        .map(({ specifier, line }) => ({
          path: file.path,
          line,
          rule: 'forbidden-call',
          detail: `${specifier} is for src/clock.ts only; take a Clock`
        }))
    )
}

function checkForm(file: SourceFile, parts: Parts): Violation[] {
  const found: Violation[] = []
  const add = (line: number, rule: string, detail: string): void => {
    found.push({ path: file.path, line, rule, detail })
  }
  const lines = file.text.replace(/\n$/, '').split('\n').length
  if (lines > MAX_LINES && LONG_FILES[file.path] === undefined) {
    add(MAX_LINES + 1, 'file-length', `${lines} lines; ${MAX_LINES} is the most without a listed reason`)
  }
  if (posix.basename(file.path) === 'index.ts') add(1, 'barrel', 'name the file after what it holds')
  for (const match of parts.code.matchAll(/^\s*export\s+\*/gm)) {
    add(lineAt(file.text, match.index), 'barrel', 'import from the file that declares it')
  }
  for (const match of parts.code.matchAll(/\bexport\s+default\b|\bas\s+default\b/g)) {
    add(lineAt(file.text, match.index), 'default-export', 'export by name')
  }
  for (const match of parts.comments.matchAll(/\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))/g)) {
    add(lineAt(file.text, match.index), 'todo', 'write it as TODO(#issue), or do it')
  }
  return found
}

function checkCircles(graph: ReadonlyMap<string, readonly Reference[]>): Violation[] {
  return findCircles(graph).map(circle => {
    const path = circle[0] ?? ''
    const line = graph.get(path)?.find(({ to }) => circle.includes(to))?.line ?? 1
    return { path, line, rule: 'import-circle', detail: [...circle, path].join(' -> ') }
  })
}

/** Strongly connected components of more than one file, and files that import themselves (Tarjan). */
export function findCircles(graph: ReadonlyMap<string, readonly { to: string }[]>): string[][] {
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (node: string): void => {
    order.set(node, order.size)
    low.set(node, order.get(node) ?? 0)
    stack.push(node)
    for (const { to } of graph.get(node) ?? []) {
      if (!graph.has(to)) continue
      if (!order.has(to)) visit(to)
      if (stack.includes(to)) low.set(node, Math.min(low.get(node) ?? 0, low.get(to) ?? 0))
    }
    if (low.get(node) !== order.get(node)) return
    const component = stack.splice(stack.indexOf(node)).sort()
    const importsItself = graph.get(node)?.some(({ to }) => to === node) ?? false
    if (component.length > 1 || importsItself) circles.push(component)
  }
  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return circles
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map(name => name.replaceAll('\\', '/'))
      .filter(name => name.endsWith('.ts') && !name.includes('node_modules/'))
      .sort()
  } catch {
    return []
  }
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
