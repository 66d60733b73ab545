import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { testEnvironment } from '../src/config.ts'
import { withLimit } from './limit.ts'
import { describeMachine, readRevision } from './machine.ts'
import { curveShare } from './page-curve.ts'
import { printResult, readOptions, tell } from './options.ts'
import { processTree, signalAll } from './processes.ts'
import { listeningLine, PROJECT } from './server.ts'

/**
 * A newcomer's first minute: a clone of the committed state in a temporary folder, the host's own Node (not the one of
 * node_modules), `npm install`, `npm start`, and the page shows a household's 24-hour curve; then `npm test`.
 *
 *   node bench/fresh-clone.ts [--tests 1] [--page-limit-s 60]
 */
const DEFAULTS = {
  repository: PROJECT,
  tests: 1,
  'page-limit-s': 60,
  'install-limit-s': 600,
  'tests-limit-s': 1800
} as const

/** The curve counts as shown when its line covers this share of the chart's width (the rest are axes). */
const CURVE_SHARE = 0.8
const POLL_MS = 250
const STOP_LIMIT_MS = 30_000

export async function runFreshClone(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-clone-'))
  const clone = join(folder, 'gridvigil')
  const environment = hostEnvironment()
  try {
    execFileSync('git', ['clone', '--quiet', options.repository, clone])
    const installS = await runNpm(['install', '--no-audit', '--no-fund'], options['install-limit-s'])
    tell(`installed in ${installS} s`)
    const page = await startAndLook(clone, environment, options['page-limit-s'] * 1000)
    tell(`page: ${JSON.stringify(page)}`)
    const testsS = options.tests === 0 ? null : await runNpm(['test'], options['tests-limit-s'])
    rmSync(folder, { recursive: true, force: true })
    return { pass: page.seconds !== null, figures: { hostNode: hostVersion(), installS, page, testsS } }
  } catch (error) {
    tell(`the folder is kept: ${folder}`)
    throw error
  }

  function hostVersion(): string {
    return execFileSync('node', ['--version'], { env: environment, encoding: 'utf8' }).trim()
  }

  async function runNpm(words: readonly string[], limitS: number): Promise<number> {
    const started = systemClock.monotonic()
    const child = spawn('npm', words, { cwd: clone, env: environment, stdio: ['ignore', 2, 2] })
    const code = await withLimit(exitOf(child), limitS * 1000, systemClock, `npm ${words[0]}`).catch(
      error => {
        signalAll(processTree(child.pid ?? 0), 'SIGKILL')
        throw error
      }
    )
    if (code !== 0) throw new Error(`npm ${words.join(' ')} ended with code ${code}`)
    return secondsSince(started)
  }
}

interface Page {
  /** From `npm start` to the curve; null when it did not come in time. */
  readonly seconds: number | null
  readonly listeningS: number
  /** Of the chart's width that the curve covers. */
  readonly curve: number
  readonly markedAsSimulated: boolean
  readonly screenshot: string | null
}

/** Starts the demo on free ports and asks for the page until the curve is there. */
async function startAndLook(clone: string, environment: NodeJS.ProcessEnv, limitMs: number): Promise<Page> {
  const started = systemClock.monotonic()
  const child = spawn('npm', ['start', '--', '--mqtt-port', '0', '--http-port', '0'], {
    cwd: clone,
    env: environment,
    stdio: ['ignore', 'pipe', 2]
  })
  try {
    const ended = exitOf(child).then(code => Promise.reject(new Error(`npm start ended with code ${code}`)))
    ended.catch(() => {})
    const line = Promise.race([listeningLine(child), ended])
    const { httpPort } = await withLimit(line, limitMs, systemClock, 'npm start')
    const listeningS = secondsSince(started)
    const url = `http://127.0.0.1:${httpPort}/`
    let curve = 0
    let html = ''
    while (curve < CURVE_SHARE && systemClock.monotonic() - started < limitMs) {
      html = await fetch(url).then(
        response => response.text(),
        () => ''
      )
      curve = curveShare(html)
      if (curve < CURVE_SHARE) await systemClock.delay(POLL_MS)
    }
    const seconds = curve < CURVE_SHARE ? null : secondsSince(started)
    const markedAsSimulated = /simulated|模拟/i.test(html)
    return { seconds, listeningS, curve, markedAsSimulated, screenshot: await takeScreenshot(url) }
  } finally {
    await endTree(child)
  }
}

/** A picture for a person to look at, where a browser is installed. */
async function takeScreenshot(url: string): Promise<string | null> {
  try {
    const { chromium } = await import('playwright-core')
    const executablePath = execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim()
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    const path = join(PROJECT, 'bench', 'results', 'local', 'issue-3-page.png')
    mkdirSync(dirname(path), { recursive: true })
    const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } })
    await page.goto(url)
    await page.screenshot({ path, fullPage: true })
    await browser.close()
    return path.slice(PROJECT.length + 1)
  } catch (error) {
    tell(`no screenshot: ${String(error)}`)
    return null
  }
}

/** The server is the deepest process; npm and its shell end with it. */
async function endTree(child: ChildProcess): Promise<void> {
  const pids = processTree(child.pid ?? 0)
  if (pids.length === 0) return
  signalAll(pids.slice(-1), 'SIGTERM')
  await withLimit(exitOf(child), STOP_LIMIT_MS, systemClock, 'stopping').catch(() =>
    signalAll(pids, 'SIGKILL')
  )
}

function exitOf(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', code => resolve(code ?? -1))
  })
}

/** What a person's shell would have: no traces of the npm that runs us, no Node out of node_modules. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {}
  const traces =
    /^(npm_(lifecycle|package|node|execpath|command)|npm_config_(local_)?prefix|INIT_CWD|NODE$|NODE_)/
  for (const [name, value] of Object.entries(process.env)) if (!traces.test(name)) environment[name] = value
  const folders = (process.env.PATH ?? '').split(delimiter)
  environment.PATH = folders.filter(path => !path.includes('node_modules')).join(delimiter)
  environment.GRIDVIGIL_SHARED = resolve(PROJECT, testEnvironment().shared)
  return environment
}

const secondsSince = (start: number): number => Math.round((systemClock.monotonic() - start) / 100) / 10

if (import.meta.main) {
  const { pass, figures } = await runFreshClone(process.argv.slice(2))
  printResult({ pass, ...figures, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
