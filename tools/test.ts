import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { PROJECT } from './house/check.ts'

/**
 * Runs tests and ends with the line `N passed, N failed[, N skipped]`.
 *
 *   node tools/test.ts             every test/**\/*.test.ts
 *   node tools/test.ts --fast      without *.slow.test.ts and *.server.test.ts
 *   node tools/test.ts PART ...    files whose path contains one of the parts
 *
 * Fast files share the cores; slow ones run one after another, because they measure, kill or fill disks.
 * Exit code 1 when a test failed or when none ran.
 */
const FAST_CONCURRENCY = 2
const FAST_TIMEOUT_MS = 180_000
const SLOW_TIMEOUT_MS = 1_500_000

interface Totals {
  passed: number
  failed: number
  skipped: number
}

const isSlow = (path: string): boolean => /\.(slow|server)\.test\.ts$/.test(path)

function findTests(options: readonly string[]): string[] {
  const parts = options.filter(option => !option.startsWith('--'))
  return readdirSync(join(PROJECT, 'test'), { recursive: true, encoding: 'utf8' })
    .map(name => `test/${name.replaceAll('\\', '/')}`)
    .filter(path => path.endsWith('.test.ts'))
    .filter(path => !options.includes('--fast') || !isSlow(path))
    .filter(path => parts.length === 0 || parts.some(part => path.includes(part)))
    .sort()
}

/** Runs files with that many at once and adds to the totals. */
function runGroup(
  paths: readonly string[],
  concurrency: number,
  timeout: number,
  totals: Totals
): Promise<void> {
  if (paths.length === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const stream = run({ files: paths.map(path => join(PROJECT, path)), concurrency, timeout })
    stream.on('test:summary', summary => {
      if (summary.file !== undefined) return
      totals.passed += summary.counts.passed
      totals.failed +=
        summary.counts.tests - summary.counts.passed - summary.counts.skipped - summary.counts.todo
      totals.skipped += summary.counts.skipped + summary.counts.todo
    })
    stream.on('error', reject)
    const report = stream.compose(new spec())
    report.on('end', resolve)
    report.on('error', reject)
    report.pipe(process.stdout, { end: false })
  })
}

const totals: Totals = { passed: 0, failed: 0, skipped: 0 }
const paths = findTests(process.argv.slice(2))
const slow = paths.filter(isSlow)
await runGroup(
  paths.filter(path => !isSlow(path)),
  FAST_CONCURRENCY,
  FAST_TIMEOUT_MS,
  totals
)
await runGroup(slow, 1, SLOW_TIMEOUT_MS, totals)
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed${skipped}\n`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0
