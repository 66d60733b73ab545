import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PROJECT } from './house/check.ts'
import { GENERATED } from './docs/pages.ts'

/**
 * `npm run docs`: writes the parts of docs/ that come from tables in the code. Tests prove them fresh, so a
 * changed table without a run of this fails `npm run check`.
 */
for (const { path, render } of GENERATED) {
  const target = join(PROJECT, path)
  const text = render(readOptional(target))
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
  process.stdout.write(`${path} ${text.length} characters\n`)
}

function readOptional(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
