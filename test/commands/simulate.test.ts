import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { makeFolder } from '../registry/registry-folder.ts'

const PROJECT = join(import.meta.dirname, '..', '..')
const SCENARIO = join(PROJECT, 'scenarios', 'box-dead.yaml')
const run = promisify(execFile)
const gridvigil = async (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run(join(PROJECT, 'bin', 'gridvigil'), args, { maxBuffer: 1 << 28 })

test('from a city to a score: lines in a file, packed and over a pipe are the same, and so is the truth', async context => {
  const folder = makeFolder(context)
  const path = (name: string): string => join(folder, name)
  const { stdout } = await gridvigil('city', '--out', folder, '--meters', '300', '--seed', 's')
  assert.deepEqual(
    { ...JSON.parse(stdout), out: '' },
    { event: 'city', out: '', meters: 300, transformers: 2, feeders: 2, hospitals: 1, terminals: 3 }
  )
  const play = ['simulate', '--registry', path('truth'), '--scenario', SCENARIO]
  const plain = await gridvigil(
    ...play,
    '--frames',
    path('a.ndjson'),
    '--truth',
    path('a.truth'),
    '--reference'
  )
  assert.equal(JSON.parse(plain.stdout).event, 'simulated')
  await gridvigil(...play, '--frames', path('b.ndjson.gz'), '--truth', path('b.truth'), '--reference')
  const piped = await gridvigil(...play, '--frames', '-')
  const lines = readFileSync(path('a.ndjson'), 'utf8')
  assert.equal(gunzipSync(readFileSync(path('b.ndjson.gz'))).toString(), lines)
  assert.equal(piped.stdout, lines)
  assert.equal(readFileSync(path('b.truth'), 'utf8'), readFileSync(path('a.truth'), 'utf8'))
  assert.doesNotMatch(plain.stderr, /warning/)
  const quick = await gridvigil(...play, '--interval', '60', '--frames', path('quick.ndjson'))
  assert.match(
    quick.stderr,
    /warning: --interval 60, but the registry says upload_interval_s 900 .* city --interval 60/
  )

  await gridvigil(
    'backtest',
    '--registry',
    path('registry'),
    '--frames',
    path('a.ndjson'),
    '--out',
    path('out')
  )
  const score = [join(PROJECT, 'bench', 'score.ts'), '--truth', path('a.truth'), '--answers', path('out')]
  const scored = await run(process.execPath, [...score, '--registry', path('truth')])
  assert.equal(JSON.parse(scored.stdout).incidents.outages, 1)
  assert.match(scored.stderr, /outages +1 of 1 named, 1 opened/)
})

test('wrong command lines and files are refused with their reason and a remedy', async context => {
  const folder = makeFolder(context)
  writeFileSync(
    join(folder, 'wrong.yaml'),
    '{ name: x, title: { en: x, zh-CN: x }, duration: 1h, steps: [{ at: 1m }] }'
  )
  const rows: [args: string[], message: RegExp][] = [
    [['city'], /--out DIR is needed/],
    [['city', '--out', folder, '--meters', '0'], /--meters is a whole number/],
    [['city', '--out', folder, '--key-customers', '1001'], /--key-customers is a whole number/],
    [['city', '--out', folder, '--feeder', 'eulv', '--from', folder], /--from .*eulv_lines/],
    [['city', '--out', folder, '--feeder', 'none'], /--feeder is eulv or ckt5/],
    [['simulate', '--scenario', SCENARIO], /--registry DIR and --scenario FILE are needed/],
    [
      ['simulate', '--registry', folder, '--scenario', SCENARIO],
      /either --frames FILE, or --url and --credentials/
    ],
    [
      ['simulate', '--registry', folder, '--scenario', SCENARIO, '--frames', '-', '--pace', '0.5'],
      /--pace is a number from 1/
    ],
    [
      ['simulate', '--registry', folder, '--scenario', SCENARIO, '--frames', '-', '--start', 'now'],
      /--start now is no RFC 3339 time/
    ],
    [
      ['simulate', '--registry', folder, '--scenario', join(folder, 'none.yaml'), '--frames', '-'],
      /SIMULATOR_SCENARIO/
    ],
    [
      ['simulate', '--registry', folder, '--scenario', join(folder, 'wrong.yaml'), '--frames', '-'],
      /step 1: a step has exactly one of/
    ],
    [['simulate', '--registry', folder, '--scenario', SCENARIO, '--frames', '-'], /REGISTRY_FATAL/]
  ]
  for (const [args, message] of rows)
    await assert.rejects(gridvigil(...args), (error: Error & { stderr: string }) => {
      assert.match(error.stderr, message, args.join(' '))
      return true
    })
})
