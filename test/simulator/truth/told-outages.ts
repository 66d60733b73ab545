import assert from 'node:assert/strict'
import { phaseLetters } from '../../../src/simulator/grid/grid.ts'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import { type Outage, outagesOf } from '../../../src/simulator/truth/outages.ts'
import { CUSTOMERS, drawnNetwork, MINUTE, NETWORK, worldOf } from '../hand-grid.ts'

/** The drawn network, and a key customer that is fed from S1 and, alone on it, from S4 of the other feeder. */
export const grid = drawnNetwork({
  devices: [...NETWORK, { id: 'S4', kind: 'section', parent: 'S3' }],
  customers: [
    ...CUSTOMERS,
    { id: 'main', device: 'S1', phases: 'ABC', isThreeWire: true },
    { id: 'standby', device: 'S4', phases: 'ABC', isThreeWire: true }
  ],
  keyCustomers: [
    {
      id: 'H1',
      feeds: [
        ['G1', 'main'],
        ['G2', 'standby']
      ]
    }
  ]
})
export const inBoxes = (...boxes: string[]): string => {
  const ids = CUSTOMERS.map(({ id }) => id).filter(id => boxes.includes(id.slice(0, 2)))
  return ids.join(' ')
}
export const A_SIDE = inBoxes('b1', 'b2', 'b3', 'b4', 'b5')
export const B_SIDE = inBoxes('b6', 'b7')

interface Told {
  /** Device or customer, and phases when not all. */
  readonly what: string
  /** Minutes. */
  readonly span: readonly [from: number, to: number]
  readonly dark?: string
  readonly low?: string
  readonly feeds?: string
  /** `minute:left` each. */
  readonly steps?: string
  readonly customerMinutes: number
  readonly supply?: Outage['supply']
  readonly cause?: string
  readonly plan?: string
}

export interface Case {
  readonly what: string
  readonly happens: Partial<Happenings>
  readonly outages: readonly Told[]
}

/** Whether a world in which that happens has these outages. */
export function checkOutages({ happens, outages }: Case): void {
  const found = outagesOf(worldOf(grid, happens))
  assert.deepEqual(
    found.map(told),
    outages.map(each => ({
      dark: '',
      low: '',
      feeds: '',
      steps: '',
      supply: 'none',
      cause: '',
      plan: '',
      ...each,
      customerMinutes: rounded(each.customerMinutes)
    }))
  )
  assert.equal(new Set(found.map(({ id }) => id)).size, found.length)
}

const rounded = (minutes: number): number => Math.round(minutes * 1e6) / 1e6

function told(outage: Outage): Required<Told> {
  const names = (customers: readonly number[]): string =>
    customers.map(customer => grid.customers.point[customer]).join(' ')
  const name = outage.customer >= 0 ? names([outage.customer]) : grid.devices.id[outage.device]
  const minute = (time: number): number => rounded(time / MINUTE)
  return {
    what: `${name}${outage.phases === 7 ? '' : ` ${phaseLetters(outage.phases)}`}`,
    span: [time(outage.start), time(outage.end)],
    dark: names(outage.affected.toSorted((a, b) => a - b)),
    low: names(outage.degraded.toSorted((a, b) => a - b)),
    feeds: names(outage.feeds.toSorted((a, b) => a - b)),
    steps: outage.steps.map(step => `${time(step.time)}:${step.left}`).join(' '),
    customerMinutes: rounded(outage.customerMinutes),
    supply: outage.supply,
    cause: outage.cause,
    plan: outage.plan
  }

  function time(ms: number): number {
    return ms % MINUTE === 0 ? minute(ms) : ms / MINUTE
  }
}
