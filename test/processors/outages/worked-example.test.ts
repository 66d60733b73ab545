import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { figure } from '../../../processors/outages/likelihoods.ts'
import { makeFolder } from '../../registry/registry-folder.ts'

/**
 * The example of docs/outages.md: its lines are those of the run, and its figures those of the table, put together by the formulas of
 * the page alone. Nothing of how the stage computes is used here.
 */
const PROJECT = join(import.meta.dirname, '..', '..', '..')
const PAGE = readFileSync(join(PROJECT, 'docs', 'outages.md'), 'utf8')
const EXAMPLE = PAGE.slice(PAGE.indexOf('## Worked by hand'), PAGE.indexOf('## The life of an incident'))
const run = promisify(execFile)

type Line = Record<string, unknown>
const linesOf = (text: string): Line[] =>
  text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
const SHOWN = linesOf(/```json\n([\s\S]*?)```/.exec(EXAMPLE)?.[1] ?? '')
const [SUSPECTED, OPEN] = SHOWN as [Line, Line]

const ln = Math.log
/** A cell of the page: with its sign as it is printed there. */
const shows = (value: number, places = 3): void => {
  const text = value.toFixed(places).replace('-', '−')
  assert.ok(EXAMPLE.includes(text), `the example does not show ${text}`)
}
const lnFactorial = (n: number): number => (n < 2 ? 0 : ln(n) + lnFactorial(n - 1))
/** ln of the chance that of n exactly these k gasp. */
const these = (k: number, n: number): number =>
  ln(2) + lnFactorial(k + 1) + lnFactorial(n - k) - lnFactorial(n + 2)
const speaks = (able: number): number => able * (1 - figure('gaspsSilent'))
const nobody = (n: number, able: number): number =>
  ln(1 - speaks(able) + (speaks(able) * 2) / ((n + 1) * (n + 2)))

const N = 153
const BACKUP = figure('terminalAbleBackup')
const [FAILS, WORD] = [ln(figure('transformerFails')), -ln(figure('falseWord'))]
/** What the others below section and feeder weigh while nothing is heard of them. */
const OTHERS = [
  nobody(71, BACKUP),
  nobody(196, figure('terminalAbleNone')),
  nobody(1, figure('terminalAbleMains'))
]
const SUM = OTHERS.reduce((sum, each) => sum + each, 0)
const SECTION = -(SUM + ln(figure('lineFails') / figure('transformerFails')))
const FEEDER = -(SUM + ln(figure('feederFails') / figure('transformerFails')))
const confidence = (...worse: number[]): number => 1 / (1 + worse.reduce((sum, d) => sum + Math.exp(-d), 0))

test('the lines of the example are those of the run', async context => {
  const folder = makeFolder(context)
  const at = (name: string): string => join(folder, name)
  const gridvigil = (...args: string[]): Promise<unknown> => run(join(PROJECT, 'bin', 'gridvigil'), args)
  await gridvigil('city', '--out', folder, '--meters', '600')
  const scenario = join(PROJECT, 'scenarios', 'transformer-dead.yaml')
  const lines = ['--frames', at('frames.ndjson.gz')]
  await gridvigil('simulate', '--registry', at('truth'), '--scenario', scenario, ...lines)
  await gridvigil('backtest', '--registry', at('registry'), ...lines, '--out', at('result'))
  const said = linesOf(readFileSync(join(at('result'), 'incidents.ndjson'), 'utf8'))
  // The page leaves members out; what it shows stands there.
  const shortened = said.map((line, place) =>
    Object.fromEntries(Object.keys(SHOWN[place] ?? {}).map(name => [name, line[name]]))
  )
  assert.deepEqual(shortened, SHOWN)
})

test('the first look by hand: the word of one terminal', () => {
  const score = WORD + nobody(N, BACKUP) + FAILS
  for (const each of [WORD, nobody(N, BACKUP), FAILS, score, ...OTHERS, SECTION, FEEDER]) shows(each)
  for (const worse of [SECTION, FEEDER, score]) shows(Math.exp(-worse))
  const sure = confidence(SECTION, FEEDER, score, score)
  shows(sure)
  assert.equal(sure.toFixed(3), String(SUSPECTED.confidence))
  assert.deepEqual(SUSPECTED.evidence, [
    { kind: 'terminal-supply-lost', count: 1, weight: Number(WORD.toFixed(1)) }
  ])
})

test('the second by hand: 108 of 153 have gasped', () => {
  const k = 108
  const gasps = -k * ln(figure('falseGasp'))
  const exactly = ln(speaks(BACKUP)) + these(k, N)
  for (const each of [gasps, exactly, WORD, FAILS, gasps + exactly + WORD + FAILS]) shows(each)
  for (const each of [ln(speaks(BACKUP)), ln(2), lnFactorial(k + 1), lnFactorial(N - k), lnFactorial(N + 2)])
    shows(Math.abs(each))
  assert.equal(confidence(SECTION, FEEDER).toFixed(3), String(OPEN.confidence))
  assert.deepEqual(OPEN.evidence, [
    { kind: 'last-gasp', count: k, of: N, weight: Number(gasps.toFixed(1)) },
    { kind: 'terminal-supply-lost', count: 1, weight: Number(WORD.toFixed(1)) }
  ])
  const silentToo = -ln(figure('wordMissing'))
  shows(-silentToo)
  shows(confidence(SECTION + silentToo, FEEDER + silentToo))
})

test('figures in the text are those of the table', () => {
  const weights: [name: Parameters<typeof figure>[0], shown: string][] = [
    ['falseGasp', '+6.91'],
    ['falseCollected', '+3.91'],
    ['falseRecord', '+11.51'],
    ['falseZero', '+11.51'],
    ['falseWord', '+10.82'],
    ['wrongRecord', '−3.91'],
    ['wrongPoweredBy', '−3.91'],
    ['wordMissing', '−2.30']
  ]
  for (const [name, shown] of weights) {
    const value = ln(figure(name)) * (shown.startsWith('+') ? -1 : 1)
    assert.equal(`${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(2)}`, shown, name)
    assert.ok(PAGE.includes(shown), shown)
  }
  assert.equal(Math.exp(these(5, 9)).toFixed(5), '0.00087')
  assert.equal((-ln(1 - figure('openAt'))).toFixed(1), '2.3')
  assert.equal(ln(figure('lowTold') / figure('falseLow')).toFixed(2), '5.70')
})
