import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asError, isError } from '../../../src/errors.ts'
import { parseScenario, readScenario } from '../../../src/simulator/scenario/read-scenario.ts'
import { DELIVERIES } from '../../../src/simulator/scenario/schema.ts'
import { unfoldScenario } from '../../../src/simulator/scenario/unfold.ts'
import { PROJECT } from '../../../tools/house/check.ts'
import {
  checkReach,
  cityOf,
  incidentText,
  minuteOf,
  Played,
  SEED,
  START,
  spanOf,
  type TrueRow,
  timeOf
} from './played.ts'

/** Every file in scenarios/ as it is played: what it makes true, and that the pipeline takes all of its lines. */
const FOLDER = join(PROJECT, 'scenarios')

/** The table of DESIGN section 6, by the key with which `shows:` names a row; the last one is no row of it. */
const ROWS: Readonly<Record<string, string>> = {
  'device-failed': 'device failed at any level',
  'branch-silent': 'carrier module or relay chain collapse under a live concentrator',
  'foreign-terminal': 'concentrator fed from another transformer',
  'communication-lost': 'terminal, carrier, cell, gateway lost',
  'open-phase': 'one medium-voltage phase open',
  'broken-neutral': 'broken neutral (some phases above 250 V, others low, one box)',
  'metering-fault': 'PT fuse, 失压, 全失压',
  'customer-side': 'meter removed or exchanged; prepayment or relay open; customer’s own breaker',
  reclose: 'trip with fast reclose',
  planned: 'planned: early, late, cancelled, an unrelated fault inside the window',
  staged: 'partial or staged restoration, load transfer',
  'other-source': 'generator truck on the low-voltage bus, island of photovoltaics',
  'key-customer': 'key customer with two feeds loses one',
  'false-signs': 'reboot re-sends old gasps, dead-battery clocks, wake-up pushes, tests',
  quiet: 'nothing happens'
}

/** What must be true of a scenario; what is left out is empty, the supply of a key customer `normal`. */
interface Facts {
  /** As incidentText says them. */
  readonly incidents?: readonly string[]
  /** `from-to scope`. */
  readonly losses?: readonly string[]
  readonly restarts?: readonly string[]
  /** `from-to kind`. */
  readonly findings?: readonly string[]
  readonly alarms?: readonly string[]
  /** States of the key customer, one after the other. */
  readonly supply?: string
  /** Reasons for which the pipeline sets single readings aside. */
  readonly quarantine?: readonly string[]
  /** What else its name promises. @param setAside meters of which readings are set aside */
  readonly also?: (played: Played, setAside: readonly string[]) => void
}

/** Voltages and currents of one meter from one minute to another. */
const shownOf = ({ readings }: Played, meter: string, from: number, to: number) =>
  readings.filter(each => each.meter === meter && each.minute >= from && each.minute < to)

interface TrueFinding extends TrueRow {
  readonly kind: string
  readonly subject: string
}

const FACTS: Readonly<Record<string, Facts>> = {
  'box-dead': { incidents: ['40m-110m sustained box'] },
  'branch-silent': {
    losses: ['40m-130m branch'],
    also: played => {
      const { index, grid } = played.city
      const [loss] = played.rows<TrueRow & { silent: string[] }>('communication')
      const { silent } = loss!
      const box = grid.customers.device[grid.customers.meter.indexOf(silent[0]!)]!
      assert.deepEqual(
        silent,
        index.customersAt(box).map(customer => grid.customers.meter[customer])
      )
    }
  },
  'broken-neutral': {
    alarms: ['40m-100m broken-neutral'],
    also: played => {
      const { customers, devices } = played.city.grid
      const [{ subject }] = played.rows<TrueFinding>('alarms') as [TrueFinding]
      const box = devices.id.indexOf(subject)
      const own = customers.meter.filter((_, customer) => customers.device[customer] === box)
      const volts = own.flatMap(meter => shownOf(played, meter, 40, 100).flatMap(each => each.voltageV))
      assert.ok(Math.max(...volts) > 250 && Math.min(...volts) < 200, `${volts.join(' ')} V`)
    }
  },
  'carrier-lost': { losses: ['40m-80m carrier'] },
  'cell-lost': { losses: ['40m-100m cell'] },
  demo: {
    incidents: ['40s-8m40s sustained transformer', '2m-11m sustained feed'],
    losses: ['5m-11m terminal'],
    supply: 'normal reduced normal'
  },
  'bus-dead': { incidents: ['40m-75m sustained bus'], supply: 'normal reduced normal' },
  'section-dead': { incidents: ['40m-95m sustained section'] },
  'hospital-back-feed': {
    incidents: ['40m-100m sustained feed'],
    findings: ['50m-70m back-feed'],
    alarms: ['50m-70m back-feed'],
    supply: 'normal reduced normal',
    also: ({ eventTypes }) => assert.ok(eventTypes.has('generator-start'))
  },
  'feeder-dead': { incidents: ['40m-85m sustained feeder'], supply: 'normal reduced normal' },
  'foreign-terminal': {
    incidents: ['40m-100m sustained transformer'],
    also: played => {
      const { customers, terminals } = played.city.grid
      const [first] = played.incident.usagePoints
      const reader = terminals[customers.terminal[customers.point.indexOf(first!)]!]!
      const words = played.lines.filter(({ terminal, topic }) => terminal === reader.id && topic === 'status')
      assert.ok(words.length > 30)
      assert.ok(words.every(({ text }) => text.includes('"supply":"mains"')))
      assert.deepEqual(played.rows('undecidable'), [])
    }
  },
  'gateway-lost': {
    losses: ['40m-52m gateway'],
    also: played => {
      // What was under way arrives; after that sessions end, which we notice late.
      const between = played.lines.filter(({ at }) => minuteOf(at) > 40.1 && minuteOf(at) < 52)
      assert.deepEqual([...new Set(between.map(({ topic }) => topic))], ['session'])
      const blind = played.rows('blind').at(-1)!
      assert.ok(minuteOf(blind.start) > 40 && minuteOf(blind.start) < 52 && minuteOf(blind.end) > 52)
    }
  },
  'gateway-restarted': {
    restarts: ['40m-40m20s', '100m-106m'],
    also: ({ lines }) => {
      const own = lines.filter(({ topic }) => topic === 'gateway')
      assert.deepEqual(
        own.map(({ at, text }) => `${timeOf(at)} ${text}`),
        [
          '40m {"state":"stopped"}',
          '40m20s {"state":"started"}',
          '100m {"state":"stopped"}',
          '106m {"state":"started"}'
        ]
      )
      const ended = lines.filter(({ text }) => text.includes('"disconnected"'))
      assert.ok(ended.length > 0 && ended.every(({ text }) => text.includes('"cause":"shutdown"')))
    }
  },
  'generator-truck': {
    incidents: ['40m-130m sustained transformer, temporary'],
    // Half an hour before the truck came, five minutes after it left.
    also: ({ incident }) => assert.equal(incident.customerMinutes, incident.affected * 35)
  },
  'hospital-both-lost': {
    incidents: ['40m-100m sustained section', '50m-90m sustained feed'],
    supply: 'normal reduced interrupted emergency reduced normal'
  },
  'hospital-generator-fails': {
    incidents: ['40m-100m sustained section', '50m-70m sustained feed'],
    supply: 'normal reduced interrupted reduced normal',
    also: ({ eventTypes }) => assert.ok(eventTypes.has('generator-start-failed'))
  },
  'hospital-generator-stuck': {
    incidents: ['40m-100m sustained section', '41m-91m sustained section'],
    supply: 'normal interrupted emergency normal',
    also: ({ eventTypes }) =>
      assert.ok(eventTypes.has('transfer-failed') && eventTypes.has('generator-start'))
  },
  'hospital-generator-test': {
    also: ({ eventTypes }) => assert.ok(eventTypes.has('generator-start') && !eventTypes.has('transfer'))
  },
  'hospital-main-lost': {
    incidents: ['40m-100m sustained feed'],
    supply: 'normal reduced normal',
    also: ({ eventTypes }) => assert.ok(eventTypes.has('transfer'))
  },
  'hospital-meter-fuse': { findings: ['40m-100m metering-fault'] },
  'hospital-one-trench': {
    incidents: ['40m-110m sustained feed', '40m-110m sustained feed'],
    supply: 'normal interrupted emergency normal'
  },
  'hospital-parallel': { findings: ['40m-60m back-feed'], alarms: ['40m-60m back-feed'] },
  'hospital-slow-transfer': {
    incidents: ['40m-100m sustained feed'],
    supply: 'normal interrupted reduced normal'
  },
  'hospital-standby-lost': {
    incidents: ['40m-100m sustained feed'],
    supply: 'normal reduced normal',
    also: ({ eventTypes }) => assert.ok(!eventTypes.has('transfer'))
  },
  'hospital-standby-discovered': {
    incidents: ['40m-150m sustained feed'],
    losses: ['30m-90m terminal'],
    supply: 'normal reduced normal'
  },
  'hospital-standby-dead-days': {
    incidents: ['480m-3840m sustained feed'],
    losses: ['360m-3240m terminal'],
    supply: 'normal reduced normal'
  },
  'hospital-tie-failed': {
    supply: 'normal interrupted normal',
    also: ({ eventTypes }) => assert.ok(eventTypes.has('transfer-failed'))
  },
  'hospital-transfer-stuck': {
    incidents: ['40m-100m sustained feed'],
    supply: 'normal interrupted reduced normal',
    also: ({ eventTypes }) => assert.ok(eventTypes.has('transfer-failed'))
  },
  'hospital-truck': {
    incidents: ['40m-150m sustained section', '45m-165m sustained feed'],
    supply: 'normal reduced interrupted emergency reduced normal'
  },
  'hospital-ups-battery': { supply: 'normal emergency normal' },
  'hospital-wrong-point': {
    incidents: ['30m-70m sustained section', '100m-140m sustained section'],
    supply: 'normal reduced normal reduced normal'
  },
  island: {
    incidents: ['40m-100m sustained transformer, back-feed'],
    findings: ['40m-75m back-feed'],
    alarms: ['40m-75m back-feed'],
    // Panels are no supply: every minute counts.
    also: ({ incident }) => assert.equal(incident.customerMinutes, incident.affected * 60)
  },
  'lateral-dead': { incidents: ['40m-120m sustained fuse'] },
  'meter-fuse': {
    findings: ['40m-140m metering-fault', '50m-130m metering-fault'],
    also: played => {
      const [one, all] = played.rows<TrueFinding>('findings') as [TrueFinding, TrueFinding]
      for (const [{ subject }, seen] of [
        [one, [false, true, true]],
        [all, [false, false, false]]
      ] as const) {
        const shown = shownOf(played, subject, 60, 130)
        assert.ok(shown.length > 3)
        for (const { voltageV, currentA } of shown) {
          assert.deepEqual(
            voltageV.map(volts => volts > 0),
            seen
          )
          assert.ok(currentA.every(amperes => amperes > 0))
        }
      }
    }
  },
  'meters-change': {
    findings: [
      '40m-180m exchange',
      '45m-180m meter-removed',
      '50m-110m relay-open',
      '55m-115m customer-side'
    ],
    quarantine: ['UNKNOWN_METER'],
    also: (played, unknown) => {
      const findings = played.rows<TrueFinding>('findings')
      const minutesOf = (meter: string): number[] =>
        shownOf(played, meter, 0, 180).map(({ minute }) => minute)
      // The new meter stands in no registry; the old one and the one that was taken away are silent.
      assert.equal(unknown.length, 1)
      assert.ok(Math.min(...minutesOf(unknown[0]!)) >= 40)
      const lastOf = Object.fromEntries(
        findings.map(({ kind, subject }) => [kind, Math.max(...minutesOf(subject))])
      )
      assert.ok(lastOf.exchange! < 40 && lastOf['meter-removed']! < 45)
      assert.ok(lastOf['relay-open']! > 160 && lastOf['customer-side']! > 160)
    }
  },
  'nothing-at-all': {
    findings: ['45m-105m clock', '90m-90m gasp-flood'],
    quarantine: ['TIME_TOO_OLD'],
    also: ({ eventTypes }) => {
      for (const type of ['last-gasp', 'power-up', 'clock-fault']) assert.ok(eventTypes.has(type), type)
    }
  },
  'open-phase-dyn': {
    incidents: ['40m-100m sustained fuse A'],
    also: ({ incident }) => assert.ok(incident.degraded.length > 0)
  },
  'open-phase-yyn': {
    incidents: ['40m-100m sustained section B'],
    findings: ['10m-10m1s clock'],
    supply: 'normal reduced normal',
    also: ({ incident, city: { grid } }) => {
      const { transformer, windings } = grid.devices
      assert.ok(incident.usagePoints.length > 0)
      // Below a star nothing is left of the open phase; below a delta half of it.
      for (const point of incident.usagePoints) {
        const customer = grid.customers.point.indexOf(point)
        assert.equal(windings[transformer[grid.customers.device[customer]!]!], 'Yyn0')
        assert.equal(grid.customers.phases[customer], 2)
      }
    }
  },
  'nested-fault': {
    incidents: ['40m-60m sustained feeder', '60m-150m sustained transformer'],
    supply: 'normal reduced normal',
    also: played => {
      const [host, nested] = played.rows<TrueRow & { id: string; parent?: string }>('incidents')
      assert.deepEqual([host?.parent, nested?.parent], [undefined, host?.id])
    }
  },
  'outage-and-cell': { incidents: ['40m-100m sustained fuse'], losses: ['42m-104m cell'] },
  'phase-of-transformer': {
    incidents: ['40m-100m sustained transformer B'],
    also: ({ incident, city: { grid } }) => {
      const phases = incident.usagePoints.map(
        point => grid.customers.phases[grid.customers.point.indexOf(point)]
      )
      assert.ok(phases.length > 0 && phases.every(bits => bits === 2))
    }
  },
  'planned-and-fault': {
    incidents: ['51m-98m planned transformer', '60m-110m sustained box'],
    also: ({ plans }) => assert.deepEqual(plans, ['planned 50m-100m'])
  },
  'planned-cancelled': {
    also: ({ plans }) => assert.deepEqual(plans, ['planned 50m-90m', 'cancelled 50m-90m'])
  },
  'planned-in-time': {
    incidents: ['42m-105m planned transformer'],
    also: ({ plans }) => assert.deepEqual(plans, ['planned 50m-90m'])
  },
  quiet: { also: ({ eventTypes }) => assert.deepEqual(eventTypes, new Set()) },
  'service-dead': { incidents: ['40m-100m sustained service'] },
  'staged-restoration': {
    incidents: ['40m-145m sustained feeder, transferred'],
    supply: 'normal reduced normal',
    also: played => {
      const { steps, affected } = played.incident
      assert.deepEqual(
        steps.map(({ time }) => timeOf(time)),
        ['60m', '65m', '145m']
      )
      const left = [affected, ...steps.map(step => step.left)]
      assert.ok(left.every((count, i) => i === 0 || count < left[i - 1]!))
      assert.equal(left.at(-1), 0)
      assert.equal(switchStates(played).length, 8)
    }
  },
  'terminal-lost': { losses: ['40m-100m terminal'] },
  'transformer-dead': { incidents: ['40m-90m sustained transformer'] },
  'trip-reclose': {
    incidents: ['40m-40m2s momentary feeder'],
    supply: 'normal reduced normal',
    also: played => assert.deepEqual(switchStates(played), ['40m1s open', '40m3s closed'])
  }
}

/** What the network's automation tells. */
const switchStates = ({ lines }: Played): string[] =>
  lines
    .filter(({ topic }) => topic === 'switch-state')
    .map(({ at, text }) => `${timeOf(at)} ${(JSON.parse(text) as { state: string }).state}`)

const files = readdirSync(FOLDER).sort()

test('every file is a scenario, says in both languages what happens, and which row it shows', () => {
  assert.deepEqual(
    files,
    Object.keys(FACTS)
      .map(name => `${name}.yaml`)
      .sort()
  )
  for (const file of files) {
    const { name, title, shows } = readScenario(join(FOLDER, file))
    assert.equal(`${name}.yaml`, file)
    assert.match(title.en, /^[A-Z][ -~]{5,}[^.]$/)
    assert.match(title['zh-CN'], /^[\p{Script=Han}\p{P}A-Za-z]{4,}$/u)
    assert.ok(shows.length > 0, file)
    for (const row of shows) assert.ok(row in ROWS, `${file} shows ${row}`)
  }
})

test('every row of the table in DESIGN section 6 is shown, and docs/scenarios.md has it in its words', () => {
  const shown = new Set(files.flatMap(file => readScenario(join(FOLDER, file)).shows))
  const page = readFileSync(join(PROJECT, 'docs', 'scenarios.md'), 'utf8')
  for (const [row, words] of Object.entries(ROWS)) {
    assert.ok(shown.has(row), row)
    assert.ok(page.includes(`| \`${row}\` | ${words} |`), row)
  }
})

/** What docs/simulator.md has to explain: of all runs together. */
const toldNames = new Set<string>()

for (const [name, facts] of Object.entries(FACTS)) {
  test(`${name}: what it makes true, and all of its lines through the pipeline`, () => {
    const played = new Played(readScenario(join(FOLDER, `${name}.yaml`)))
    const { incidents, city } = played
    const texts = (table: string, member: string): string[] =>
      played.rows<TrueRow & Record<string, unknown>>(table).map(row => `${spanOf(row)} ${row[member]}`)
    const isSaid = {
      incidents: incidents.map(row => incidentText(row, city)),
      losses: texts('communication', 'scope'),
      restarts: played.rows('restarts').map(spanOf),
      findings: texts('findings', 'kind'),
      alarms: texts('alarms', 'kind')
    }
    for (const [table, said] of Object.entries(isSaid))
      assert.deepEqual(said, facts[table as keyof typeof isSaid] ?? [], table)
    const states = played.rows<TrueRow & { state: string }>('supply').map(({ state }) => state)
    assert.equal(states.join(' '), facts.supply ?? 'normal')
    for (const row of incidents) checkReach(row, city)

    const { audit, quarantine, ignored } = played.backtest()
    assert.deepEqual([audit.frames.quarantined, ignored], [0, 0])
    assert.ok(audit.frames.decoded > 50 && audit.readings.stored > 0)
    assert.deepEqual([...new Set(quarantine.map(({ reason }) => reason))], facts.quarantine ?? [])
    facts.also?.(played, [...new Set(quarantine.map(({ meter }) => meter))])
    for (const name of played.names) toldNames.add(name)
  })
}

test('docs/simulator.md names every table, field and event that came out, and every delivery of gasps', () => {
  const page = readFileSync(join(PROJECT, 'docs', 'simulator.md'), 'utf8')
  assert.ok(toldNames.size > 50)
  for (const name of [...toldNames, ...DELIVERIES]) assert.ok(page.includes(`\`${name}\``), name)
})

test('the examples of docs/scenarios.md can be played', () => {
  const page = readFileSync(join(PROJECT, 'docs', 'scenarios.md'), 'utf8')
  const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = '']) => text)
  assert.ok(examples.length > 3)
  for (const text of examples) {
    const scenario = parseScenario(text, 'docs/scenarios.md')
    const { failures } = unfoldScenario(scenario, cityOf(scenario.city).index, START, SEED)
    assert.ok(failures.length > 0, scenario.name)
  }
})

const HEAD = 'name: x\ntitle: { en: X, zh-CN: 某 }\nduration: 1h\n'
const step = (text: string): string => `${HEAD}steps:\n  - { at: 1m, ${text} }\n`

test('a file that is no scenario is refused with its name and the place', () => {
  const rows: [text: string, ...named: RegExp[]][] = [
    ['', /the file: /],
    ['name: [', /line 1/],
    [`${HEAD}colour: red\n`, /the file: .*colour/],
    ['name: x\ntitle: { en: X }\nduration: 1h\n', /title\.zh-CN: /],
    [HEAD.replace('name: x', 'name: Two Words'), /name: /],
    [step('explode: { on: { kind: box } }'), /step 1: .*explode/],
    [`${HEAD}steps:\n  - at: 1m\n`, /step 1: a step has exactly one of fail, open, /],
    [step('fail: { on: { kind: box } }, open: { on: { kind: feeder } }'), /step 1: a step has exactly one/],
    [step('fail: { on: { kind: box }, colour: red }'), /step 1\.fail: .*colour/],
    [step('fail: { on: { kind: box, colour: red } }'), /step 1\.fail\.on: .*colour/],
    [step('fail: { on: { kind: house } }'), /step 1\.fail\.on: /],
    [step('fail: { on: { kind: box }, phases: D }'), /step 1\.fail\.phases: letters of phases/],
    [step('fail: { on: { kind: box } }, for: 1 hour'), /step 1\.for: a time such as 90s/],
    [step('fail: { on: { kind: box } }, for: 60'), /step 1\.for: /],
    [`${HEAD}collection: { readFailures: 2 }\n`, /collection\.readFailures: /],
    [`${HEAD}random: { outages: 1.5 }\n`, /random\.outages: /]
  ]
  for (const [text, ...named] of rows) {
    const error = thrownBy(() => parseScenario(text, 'some.yaml'))
    assert.ok(isError(error, 'SIMULATOR_SCENARIO'), text)
    for (const words of [/some\.yaml: /, ...named]) assert.match(error.message, words)
  }
  const missing = thrownBy(() => readScenario(join(FOLDER, 'nobody.yaml')))
  assert.ok(isError(missing, 'SIMULATOR_SCENARIO'))
  assert.match(missing.message, /nobody\.yaml/)
})

test('what a grid does not have is refused with the scenario, the step and what was asked', () => {
  const { index } = cityOf({ meters: 1200 })
  const rows: [text: string, named: RegExp][] = [
    [step('fail: { on: { ref: nobody } }'), /x, step 1: no step before names anything nobody/],
    [step('fail: { on: { kind: box, below: nobody } }'), /x, step 1: .* nobody/],
    [step('fail: { on: { id: nothing } }'), /x, step 1: .* id nothing/],
    [
      step('fail: { on: { kind: box, least: 5000 } }'),
      /x, step 1: the grid has 0 things like .*5000.*the step needs one/
    ],
    [
      step('fail: { on: { kind: feeder, pick: 99 } }'),
      /x, step 1: .* numbered from 0: pick 99 is none of them/
    ],
    [step('fail: { on: { kind: terminal } }'), /x, step 1: a terminal does not fail/],
    [step('open: { on: { kind: customer } }'), /x, step 1: a customer cannot be opened/],
    [step('lose: { scope: cell }'), /x, step 1: lose: scope cell needs on/],
    [step('lose: { scope: branch, on: { kind: customer } }'), /x, step 1: .* is a customer, not a device/],
    [step('cancel: { plan: work }'), /x, step 1: no step before plans work/],
    [
      `${step('fail: { on: { kind: box } }, as: box')}  - { at: 2m, stopClock: { on: { ref: box } } }\n`,
      /x, step 2: .* is a device, not a customer/
    ]
  ]
  for (const [text, named] of rows) {
    const scenario = parseScenario(text, 'some.yaml')
    const error = thrownBy(() => unfoldScenario(scenario, index, START, SEED))
    assert.ok(isError(error, 'SIMULATOR_SCENARIO'), text)
    assert.match(error.message, named)
  }
})

function thrownBy(act: () => unknown): Error {
  try {
    act()
  } catch (thrown) {
    return asError(thrown)
  }
  throw new Error('nothing was thrown')
}
