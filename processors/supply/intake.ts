import type { ReadingColumns } from '../../src/model/columns.ts'
import type { EventType, ReportedEvent } from '../../src/model/events.ts'
import type { GeneratorReport, PlantReport, SwitchReport, UpsReport } from '../../src/model/plant.ts'
import type { SupplyReason } from '../../src/model/supply.ts'
import { changesOver } from '../../src/registry/lookup/customers.ts'
import { CURRENTS, shownBy, type Values, VOLTAGES } from '../outages/evidence/shown.ts'
import type { CustomerIndex } from './customer-index.ts'
import { type SupplyFacts, tell } from './facts.ts'
import { PHASE_GONE } from './lifetimes.ts'

/** Rows of feeds' meters, entered. @param touched places of customers of whom something was told */
export function takeRows(
  facts: SupplyFacts,
  { byMeter, ratedV }: CustomerIndex,
  { rows, meter, time, values }: ReadingColumns,
  firstRow: number,
  arrivedAt: number,
  touched: Set<number>
): void {
  for (let row = firstRow; row < rows; row++) {
    const feed = byMeter.get(meter[row] ?? -1)
    if (feed === undefined) continue
    const seen = shown(values, row, ratedV[meter[row] ?? -1] ?? Number.NaN, feed.indexed.source.measuredAt)
    if (seen === undefined) continue
    facts.measured(
      feed.indexed.source.id,
      Math.min(time[row] ?? arrivedAt, arrivedAt),
      seen.isLive,
      seen.reason
    )
    touched.add(feed.place)
  }
}

/** Below this share of the largest current a phase carries nothing worth the name. */
const SAME_LOAD = 0.5

/** What a row of a feed's meter shows of the feed; undefined where it shows nothing of it. */
function shown(
  values: Values,
  row: number,
  ratedV: number,
  measuredAt: string
): { isLive: boolean; reason: SupplyReason } | undefined {
  const volts = VOLTAGES.map(field => shownBy(values, field, row)).filter(each => !Number.isNaN(each))
  if (volts.length === 0 || !(ratedV > 0)) return undefined
  if (Math.min(...volts) >= PHASE_GONE * ratedV) return { isLive: true, reason: 'VOLTAGE' }
  const amperes = CURRENTS.map(field => Math.abs(shownBy(values, field, row))).filter(
    each => !Number.isNaN(each)
  )
  const most = Math.max(0, ...amperes)
  // All phases carry the load that one of them is said not to have: a fuse of the voltage transformer.
  if (most > 0 && Math.min(...amperes) >= SAME_LOAD * most) return { isLive: true, reason: 'METER_FUSE' }
  // Behind an open switch there is no voltage, whatever stands before it.
  if (measuredAt === 'load') return undefined
  return { isLive: false, reason: Math.max(...volts) < PHASE_GONE * ratedV ? 'NO_VOLTAGE' : 'PHASE_LOST' }
}

const sameGenerator = (one: GeneratorReport, other: GeneratorReport): boolean =>
  one.isRunning === other.isRunning && one.mode === other.mode
const sameSwitch = (one: SwitchReport, other: SwitchReport): boolean => one.position === other.position
const sameUps = (one: UpsReport, other: UpsReport): boolean => one.mode === other.mode

/** When something was so: never later than it was heard; what does not say when was so then. */
const timeOf = (time: number, arrivedAt: number): number =>
  Number.isNaN(time) ? arrivedAt : Math.min(time, arrivedAt)

/** A `backup` message, of the customers whose plant its terminal watches. @param touched as above */
export function takePlant(
  facts: SupplyFacts,
  index: CustomerIndex,
  terminal: string,
  { time, generators, switches, ups }: PlantReport,
  arrivedAt: number,
  touched: Set<number>
): void {
  const at = timeOf(time, arrivedAt)
  for (const said of generators)
    if (index.mayTell(terminal, index.bySource.get(said.source), touched))
      tell(facts.generators, said.source, at, said, sameGenerator)
  for (const said of ups)
    if (index.mayTell(terminal, index.bySource.get(said.source), touched))
      tell(facts.ups, said.source, at, said, sameUps)
  for (const said of switches)
    if (index.mayTell(terminal, index.bySection.get(said.section), touched))
      moveSwitch(facts, index, said, at)
}

/** The switch of a section stands so. That it went over by itself tells of the sources too. */
function moveSwitch(
  facts: SupplyFacts,
  index: CustomerIndex,
  said: SwitchReport,
  at: number,
  lostAt = at
): void {
  const before = facts.switches.get(said.section)
  tell(facts.switches, said.section, at, said, sameSwitch)
  const section = index.section(said.section)
  const from = before?.said.position ?? ''
  if (section === undefined || before === undefined || before.at > at || from === said.position) return
  if (!changesOver(section) || said.isAutomatic === false) return
  const [left, taken] = [section.sources.indexOf(from), section.sources.indexOf(said.position)]
  // To one that it likes less it goes because it has to; back to one that it likes more because that is there again.
  if (left >= 0 && (taken > left || said.position === 'open')) hint(facts, index, from, lostAt, false)
  if (taken >= 0) hint(facts, index, said.position, at, true)
}

function hint(facts: SupplyFacts, index: CustomerIndex, source: string, at: number, isLive: boolean): void {
  if (index.isFeed(source)) facts.hinted(source, at, isLive)
}

/** What events of a feed's own meter say of it. */
const FEED_EVENTS = new Map<EventType, boolean>([
  ['last-gasp', false],
  ['power-down', false],
  ['power-up', true]
])
const UPS_EVENTS = new Map<EventType, UpsReport['mode']>([
  ['ups-on-battery', 'battery'],
  ['ups-on-line', 'line']
])

/** An event of a feed's meter, or about a source or section. @param touched as above */
export function takeEvent(
  facts: SupplyFacts,
  index: CustomerIndex,
  terminal: string,
  event: ReportedEvent,
  arrivedAt: number,
  touched: Set<number>
): void {
  if (event.isTest || event.origin === 'inferred') return
  const at = timeOf(event.time, arrivedAt)
  for (const id of event.meters) {
    const source = index.feedOf(terminal, id, touched)
    if (source === undefined) continue
    const isLive = FEED_EVENTS.get(event.type)
    if (isLive !== undefined) facts.measured(source, at, isLive, 'METER_EVENT')
    if (event.type !== 'power-outage-record' || Number.isNaN(event.end)) continue
    facts.measured(source, Math.min(event.start, arrivedAt), false, 'METER_EVENT')
    facts.measured(source, Math.min(event.end, arrivedAt), true, 'METER_EVENT')
  }
  const { about } = event
  if (index.mayTell(terminal, index.bySource.get(about), touched)) takeSourceEvent(facts, event, at)
  else if (index.mayTell(terminal, index.bySection.get(about), touched))
    takeSwitchEvent(facts, index, event, at)
}

function takeSourceEvent(facts: SupplyFacts, { type, about }: ReportedEvent, at: number): void {
  if (type === 'generator-start-failed') facts.failedStart(about, at)
  if (type === 'generator-start' || type === 'generator-stop') {
    const said = facts.generators.get(about)?.said ?? silentGenerator(about)
    tell(facts.generators, about, at, { ...said, isRunning: type === 'generator-start' }, sameGenerator)
  }
  const mode = UPS_EVENTS.get(type)
  if (mode === undefined) return
  const said = facts.ups.get(about)?.said ?? {
    source: about,
    mode,
    loadPct: Number.NaN,
    minutesLeft: Number.NaN
  }
  tell(facts.ups, about, at, { ...said, mode }, sameUps)
}

function takeSwitchEvent(facts: SupplyFacts, index: CustomerIndex, event: ReportedEvent, at: number): void {
  const { type, about, from, to, durationMs } = event
  const known = facts.switches.get(about)
  const said = known?.said ?? { section: about, position: '', isAutomatic: undefined, hasFault: undefined }
  if (type === 'transfer-failed') tell(facts.switches, about, at, { ...said, hasFault: true }, sameSwitch)
  if (type !== 'transfer' || to === '') return
  // What it says of where it stood counts where nothing was known of that.
  if (known === undefined && from !== '')
    tell(facts.switches, about, at - 1, { ...said, position: from }, sameSwitch)
  const gap = Number.isNaN(durationMs) ? 0 : durationMs
  moveSwitch(facts, index, { ...said, position: to, hasFault: false }, at, at - gap)
}

const silentGenerator = (source: string): GeneratorReport => ({
  ...{ source, isRunning: undefined, mode: '' },
  ...{ voltageV: Number.NaN, powerKw: Number.NaN, fuelPct: Number.NaN, startBatteryV: Number.NaN }
})
