import { type Observation, OBSERVATION_MS } from '../../../src/model/observation.ts'
import type { KeyCustomer, LoadSection, SupplySource } from '../../../src/registry/lookup/customers.ts'

/** A hospital as most tests have it: two feeds, a generator and a UPS; a security section and a general one. */
const NAN = Number.NaN
export const sourceOf = (id: string, more: Partial<SupplySource> = {}): SupplySource => ({
  ...{
    id,
    kind: 'grid',
    usagePoint: `U-M-${id}`,
    meter: `M-${id}`,
    measuredAt: 'line',
    terminal: '',
    mode: 'main'
  },
  ...{
    routeGroup: '',
    voltageKv: 10,
    capacityKw: 500,
    startClassS: NAN,
    fuelLitres: NAN,
    fuelDeclaredOn: NAN
  },
  ...{ litresPerKwh: NAN, reserveLitres: NAN, batteryKwh: NAN, batteryMinutes: NAN },
  ...more
})

const own = (id: string, kind: string, more: Partial<SupplySource> = {}): SupplySource =>
  sourceOf(id, { kind, usagePoint: '', meter: '', measuredAt: '', terminal: 'K', mode: 'standby', ...more })

export const sectionOf = (id: string, more: Partial<LoadSection> = {}): LoadSection => ({
  ...{ id, name: id, class: 'general', loadKw: 100, meter: '', sources: ['G1', 'G2'], transfer: 'ats' },
  ...{ allowedGapS: 15, interlock: '', ...more }
})

/** What somebody saw there. */
export const observation = (said: Partial<Observation>): Observation => ({
  ...{ keyCustomer: 'H1', fact: 'live', observedAt: 0, heardFrom: 'zhang', by: 'li' },
  validUntil: (said.observedAt ?? 0) + OBSERVATION_MS,
  ...said
})

/** 1000 l of which 100 are kept; 0.25 l a kWh and 300 kW of security load: 75 l an hour. */
export const TANK = { fuelLitres: 1000, reserveLitres: 100, litresPerKwh: 0.25 }

export const HOSPITAL: KeyCustomer = {
  ...{ id: 'H1', name: 'H1', category: 'hospital', grade: 'first', accounts: ['A'], securityLoadKw: 300 },
  ...{ planVersion: '1', planDate: NAN, planApproval: '' },
  sources: [
    sourceOf('G1'),
    sourceOf('G2', { mode: 'standby' }),
    own('GEN', 'generator', TANK),
    own('UPS', 'ups')
  ],
  sections: [
    sectionOf('S1', { class: 'security', sources: ['G1', 'G2', 'GEN'] }),
    sectionOf('S2', { allowedGapS: 300 })
  ]
}
