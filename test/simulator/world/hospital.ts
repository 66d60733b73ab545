import type { GridSection } from '../../../src/simulator/grid/grid.ts'
import { CUSTOMERS, drawnNetwork } from '../hand-grid.ts'

/** A hospital in the drawn network: three sections, two feeds, a generator and a UPS. */
const section = (id: string, sources: string, gapS: number, isAutomatic = true): GridSection => ({
  id,
  isSecurity: id === 'OP',
  loadKw: 100,
  sources: sources.split(' '),
  isAutomatic,
  allowedGapMs: gapS * 1000
})
export const OPERATIONS = section('OP', 'G1 G2 GEN', 15)
export const WARDS = section('WARD', 'G1 G2 GEN', 60)
export const OFFICES = section('OFF', 'G1 G2', 300)
export const BY_HAND = section('OFF', 'G1 G2', 60, false)

/** Fed by section S1, and by S3 of the other feeder. */
export const withSections = (sections: readonly GridSection[]) =>
  drawnNetwork({
    customers: [
      ...CUSTOMERS,
      { id: 'main', device: 'S1', phases: 'ABC', isThreeWire: true },
      { id: 'standby', device: 'S3', phases: 'ABC', isThreeWire: true }
    ],
    keyCustomers: [
      {
        id: 'H1',
        feeds: [
          ['G1', 'main'],
          ['G2', 'standby']
        ],
        generator: 'GEN',
        ups: 'UPS',
        sections
      }
    ]
  })

/** Lines of a text that is drawn with an indentation. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
