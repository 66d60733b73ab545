import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

/**
 * npm run screenshot -- URL OUT.png [--width 1280] [--height 1000] [--scheme dark|light] [--wait 2500]
 *
 * A picture of a page by the Chromium of the machine, with a fresh profile and no background traffic.
 */
const EXECUTABLE = '/usr/bin/chromium'
const ARGUMENTS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

export interface Shot {
  readonly url: string
  readonly path: string
  readonly width?: number
  readonly height?: number
  readonly scheme?: 'dark' | 'light'
  /** How long the page may live before the picture is taken, ms. */
  readonly wait?: number
}

/** Takes pictures with one browser. Returns what pages said on their consoles: errors of scripts and policies. */
export async function takeShots(shots: readonly Shot[]): Promise<string[]> {
  const profile = mkdtempSync(join(tmpdir(), 'gridvigil-shot-'))
  const complaints: string[] = []
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    args: ARGUMENTS,
    chromiumSandbox: false
  })
  try {
    for (const { url, path, width = 1280, height = 1000, scheme = 'dark', wait = 2500 } of shots) {
      const page = await browser.newPage()
      page.on('console', message => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
      })
      page.on('pageerror', error => complaints.push(error.message))
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme: scheme })
      await page.goto(url, { waitUntil: 'load' })
      await page.waitForTimeout(wait)
      await page.screenshot({ path, fullPage: true })
      await page.close()
    }
  } finally {
    await browser.close()
    rmSync(profile, { recursive: true, force: true })
  }
  return complaints
}

if (import.meta.main) {
  const [url, path, ...rest] = process.argv.slice(2)
  if (url === undefined || path === undefined) {
    process.stderr.write(
      'usage: npm run screenshot -- URL OUT.png [--width N] [--height N] [--scheme dark|light] [--wait MS]\n'
    )
    process.exit(2)
  }
  const option = (name: string): string | undefined => rest[rest.indexOf(`--${name}`) + 1 || rest.length]
  const complaints = await takeShots([
    {
      url,
      path,
      width: Number(option('width') ?? 1280),
      height: Number(option('height') ?? 1000),
      scheme: option('scheme') === 'light' ? 'light' : 'dark',
      wait: Number(option('wait') ?? 2500)
    }
  ])
  for (const complaint of complaints) process.stderr.write(`page: ${complaint}\n`)
}
