import type { SupplyLine } from '../../../src/model/supply.ts'
import { joined } from '../../../src/records/bytes.ts'
import type { KeyCustomer } from '../../../src/registry/lookup/customers.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { MINUTE, newPipeline, OutageTape, SECOND } from '../../support/outage-feed.ts'
import { drawRegistry } from '../../support/outage-registry.ts'
import { HOSPITAL } from './plant.ts'

/** A hospital whose two feeds hang on two feeders; K reads them each minute and watches the plant, X reads nobody. */
export function registryOf(customer: KeyCustomer): Registry {
  const rhythm = { sampleIntervalS: 60, uploadIntervalS: 300, uploadDelayS: 5, heartbeatS: 60 }
  const drawn = drawRegistry({
    devices: [
      ['SUB', 'substation', ''],
      ['FA', 'feeder', 'SUB'],
      ['FB', 'feeder', 'SUB'],
      ['TA', 'transformer', 'FA']
    ],
    meters: [
      { device: 'FA', terminal: 'K', ids: ['M-G1'] },
      { device: 'FB', terminal: 'K', ids: ['M-G2'] },
      { device: 'TA', terminal: 'KA', ids: ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'] }
    ],
    terminals: [
      { id: 'K', ...rhythm },
      { id: 'X', ...rhythm },
      { id: 'KA', poweredBy: 'TA', backup: 'supercap', ...rhythm }
    ]
  })
  const { meters } = drawn
  const high = {
    ratedV: new Float64Array(meters.count).fill(100),
    pt: new Float64Array(meters.count).fill(100)
  }
  return { ...drawn, meters: { ...meters, ...high }, keyCustomers: new Map([['H1', customer]]) }
}
export const REGISTRY = registryOf(HOSPITAL)

/** K says how the plant stands. */
export const backup = (
  tape: OutageTape,
  { running = false, mode = 'auto', position = 'G1', ups = 'line' } = {},
  terminal = 'K'
): OutageTape =>
  tape.publish(terminal, 'backup', {
    time: tape.now,
    generators: [{ source: 'GEN', running, mode }],
    switches: HOSPITAL.sections.map(({ id }) => ({ section: id, position, auto: true, fault: false })),
    ups: [{ source: 'UPS', mode: ups }]
  })

export const reading = (meter: string, volts: number, amps = 0) => ({
  meter,
  voltageV: [volts, null, volts],
  currentA: [amps, null, amps],
  activePowerKw: 0.1 * amps
})

/** K has read its feeds. */
export const feeds = (tape: OutageTape, g1 = 100, g2 = 100, amps = 0): OutageTape =>
  tape.publish('K', 'readings', {
    ...{ kind: 'instant', time: tape.now, collectedAt: tape.now },
    readings: [reading('M-G1', g1, amps), reading('M-G2', g2)]
  })

export function play(
  { inputs }: OutageTape,
  isSaved: (place: number) => boolean = () => false,
  registry = REGISTRY
): SupplyLine[] {
  let pipeline = newPipeline(registry)
  const lines: SupplyLine[] = []
  inputs.forEach(({ log, record }, place) => {
    if (isSaved(place)) {
      const saved = joined(pipeline.save())
      pipeline = newPipeline(registry)
      pipeline.load(saved)
    }
    pipeline.take(log, record)
    lines.push(...pipeline.out.supply)
    pipeline.out.reset()
  })
  return lines
}

/** All is known and there, a minute after the beginning. */
export const quiet = (): OutageTape => feeds(backup(new OutageTape().connect('K').pass(MINUTE))).pass(SECOND)
