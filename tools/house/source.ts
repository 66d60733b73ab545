/**
 * TypeScript source as the house rules look at it. TypeScript 7 has no compiler API, so one small scanner
 * separates code from comments and texts; positions stay the same, because what is hidden becomes spaces.
 */
export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string
  readonly text: string
}

export interface Parts {
  /** Code only: contents of strings, templates, regular expressions and all comments are spaces. */
  readonly code: string
  /** Comments only. */
  readonly comments: string
}

export interface Import {
  readonly specifier: string
  readonly line: number
}

type Mode = 'code' | 'line' | 'block' | 'single' | 'double' | 'template' | 'regex'

const QUOTES: Readonly<Record<string, Mode>> = { "'": 'single', '"': 'double', '`': 'template' }
const END: Partial<Record<Mode, string>> = { single: "'", double: '"', template: '`', regex: '/', line: '\n' }
const WORDS_BEFORE_REGEX = /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|await|yield|void|throw|new)$/

/** Separates a file into code and comments, both as long as the text. */
export function separate(text: string): Parts {
  const code: string[] = []
  const comments: string[] = []
  /** For each template we are inside of: how many braces are open in its present `${`. */
  const braces: number[] = []
  let mode: Mode = 'code'
  let inClass = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? ''
    const blank = char === '\n' ? '\n' : ' '
    let toCode = blank
    let toComments = blank
    if (mode === 'code') {
      const next: Mode = modeAfter(text, i, code)
      if (next === 'line' || next === 'block') toComments = char
      else toCode = char
      if (char === '{' && braces.length > 0) braces[braces.length - 1] = (braces.at(-1) ?? 0) + 1
      if (char === '}' && braces.length > 0) {
        braces[braces.length - 1] = (braces.at(-1) ?? 0) - 1
        if (braces.at(-1) === 0) {
          braces.pop()
          mode = 'template'
        } else mode = next
      } else mode = next
    } else if (mode === 'line' || mode === 'block') {
      toComments = char
      const ends =
        mode === 'line' ? char === '\n' : char === '/' && text[i - 1] === '*' && comments.at(-2) !== '/'
      if (ends) mode = 'code'
    } else if (char === '\\') {
      code.push(blank)
      comments.push(blank)
      i++
      toCode = text[i] === '\n' ? '\n' : ' '
      toComments = toCode
    } else if (mode === 'template' && char === '$' && text[i + 1] === '{') {
      code.push(' ')
      comments.push(' ')
      i++
      toCode = '{'
      braces.push(1)
      mode = 'code'
    } else if (mode === 'regex' && (char === '[' || char === ']')) {
      inClass = char === '['
    } else if (char === END[mode] && !(mode === 'regex' && inClass)) {
      toCode = char
      mode = 'code'
    }
    code.push(toCode)
    comments.push(toComments)
  }
  return { code: code.join(''), comments: comments.join('') }
}

/** What the character at `i`, met in code, begins. */
function modeAfter(text: string, i: number, code: readonly string[]): Mode {
  const char = text[i] ?? ''
  const quote = QUOTES[char]
  if (quote !== undefined) return quote
  if (char !== '/') return 'code'
  if (text[i + 1] === '/') return 'line'
  if (text[i + 1] === '*') return 'block'
  const before = code
    .slice(Math.max(0, code.length - 200))
    .join('')
    .trimEnd()
  const isOperand = /[\w$)\]}'"`]$/.test(before) && !WORDS_BEFORE_REGEX.test(before)
  return isOperand ? 'code' : 'regex'
}

/** Every module a file names, with `from`, for its effects, or by `import()`. */
export function importsOf(file: SourceFile, parts: Parts = separate(file.text)): Import[] {
  const found: Import[] = []
  for (const match of parts.code.matchAll(/\b(?:from|import)\s*\(?\s*(['"])([ ]*)\1/g)) {
    const end = match.index + match[0].length - 1
    const specifier = file.text.slice(end - (match[2] ?? '').length, end)
    found.push({ specifier, line: lineAt(file.text, match.index) })
  }
  return found
}

/** Line number, from 1, of a position. */
export function lineAt(text: string, position: number): number {
  let line = 1
  for (let i = text.indexOf('\n'); i !== -1 && i < position; i = text.indexOf('\n', i + 1)) line++
  return line
}
