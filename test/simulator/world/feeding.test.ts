import assert from 'node:assert/strict'
import { test } from 'node:test'
import { phaseBits, phaseLetters } from '../../../src/simulator/grid/grid.ts'
import { GridIndex } from '../../../src/simulator/grid/grid-index.ts'
import {
  type Condition,
  conditionsOf,
  feed,
  type GridState,
  SOURCES,
  type Source
} from '../../../src/simulator/world/feeding.ts'
import { drawnNetwork, placeIn } from '../hand-grid.ts'

const grid = drawnNetwork()
const index = new GridIndex(grid)
const device = placeIn(grid.devices.id.map(id => ({ id })))

interface Case {
  readonly what: string
  /** Failed phases by device. */
  readonly failed?: Readonly<Record<string, string>>
  readonly open?: readonly string[]
  readonly isTied?: boolean
  readonly broken?: readonly string[]
  readonly source?: Readonly<Record<string, Source>>
  /** Phases that reach devices, where they are not all that the device has; '' for none. */
  readonly reached?: Readonly<Record<string, string>>
  /** Who feeds devices, where it is not their parent; '' for nobody. */
  readonly fedBy?: Readonly<Record<string, string>>
  /** Conditions, where they are not the usual ones: volts of a, b, c, then what is odd. */
  readonly conditions?: Readonly<Record<string, string>>
}

const everywhere = (value: string, ids: string): Record<string, string> =>
  Object.fromEntries(ids.split(' ').map(id => [id, value]))
const A_SIDE = 'FA S1 T1 B1 B2 FU T2 B3 T3 B4 SW S2 T4 B5'
const BEHIND_S1 = 'S1 T1 B1 B2 FU T2 B3 T3 B4 SW S2 T4 B5'

const CASES: Case[] = [
  { what: 'nothing' },
  {
    what: 'a substation fails: all below it are dark',
    failed: { SUB: 'ABC' },
    reached: everywhere('', grid.devices.id.join(' ')),
    fedBy: everywhere('', grid.devices.id.join(' ')),
    conditions: everywhere('0 0 0', grid.devices.id.join(' '))
  },
  {
    what: 'a feeder fails: its side is dark, the other is not',
    failed: { FA: 'ABC' },
    reached: everywhere('', A_SIDE),
    fedBy: everywhere('', A_SIDE),
    conditions: everywhere('0 0 0', A_SIDE)
  },
  {
    what: 'an open feeder is the same as a failed one',
    open: ['FA'],
    reached: everywhere('', A_SIDE),
    fedBy: everywhere('', A_SIDE),
    conditions: everywhere('0 0 0', A_SIDE)
  },
  {
    what: 'phase A of a lateral is open: 0.5 1 0.5 below Dyn, 0 0.87 0.87 below Yyn',
    failed: { FU: 'A' },
    reached: everywhere('BC', 'FU T2 B3 T3 B4'),
    conditions: { FU: '0 1 1', T2: '0 0.87 0.87', B3: '0 0.87 0.87', T3: '0.5 1 0.5', B4: '0.5 1 0.5' }
  },
  {
    what: 'phase B of a section is open',
    failed: { S1: 'B' },
    reached: everywhere('AC', BEHIND_S1),
    conditions: {
      ...everywhere('1 0 1', 'S1 FU SW S2'),
      ...everywhere('0.5 0.5 1', 'T1 B1 B2 T3 B4 T4 B5'),
      ...everywhere('0.87 0 0.87', 'T2 B3')
    }
  },
  {
    what: 'two open phases leave nothing below a transformer though one arrives',
    failed: { FU: 'AB' },
    reached: everywhere('C', 'FU T2 B3 T3 B4'),
    conditions: { FU: '0 0 1', ...everywhere('0 0 0', 'T2 B3 T3 B4') }
  },
  {
    what: 'two devices each lack a phase: as two open ones',
    failed: { S1: 'A', FU: 'C' },
    reached: { ...everywhere('BC', 'S1 T1 B1 B2 SW S2 T4 B5'), ...everywhere('B', 'FU T2 B3 T3 B4') },
    conditions: {
      ...everywhere('0 1 1', 'S1 SW S2'),
      ...everywhere('0.5 1 0.5', 'T1 B1 B2 T4 B5'),
      FU: '0 1 0',
      ...everywhere('0 0 0', 'T2 B3 T3 B4')
    }
  },
  {
    what: 'a transformer that fails',
    failed: { T1: 'ABC' },
    reached: everywhere('', 'T1 B1 B2'),
    fedBy: everywhere('', 'T1 B1 B2'),
    conditions: everywhere('0 0 0', 'T1 B1 B2')
  },
  {
    what: 'a failed phase of a transformer is its fuse below: the others stay whole, whatever its windings',
    failed: { T1: 'B', T2: 'C' },
    reached: { ...everywhere('AC', 'T1 B1 B2'), ...everywhere('AB', 'T2 B3') },
    conditions: { ...everywhere('1 0 1', 'T1 B1 B2'), ...everywhere('1 1 0', 'T2 B3') }
  },
  {
    what: 'an open phase above and a failed one of the transformer',
    failed: { FU: 'A', T2: 'C', T3: 'A' },
    reached: {
      FU: 'BC',
      ...everywhere('B', 'T2 B3'),
      ...everywhere('BC', 'T3 B4')
    },
    conditions: { FU: '0 1 1', ...everywhere('0 0.87 0', 'T2 B3'), ...everywhere('0 1 0.5', 'T3 B4') }
  },
  {
    what: 'a box that fails, and a phase of another one',
    failed: { B1: 'ABC', B3: 'A' },
    reached: { B1: '', B3: 'BC' },
    fedBy: { B1: '' },
    conditions: { B1: '0 0 0', B3: '0 1 1' }
  },
  {
    what: 'a box whose switch is open',
    open: ['B2'],
    reached: { B2: '' },
    fedBy: { B2: '' },
    conditions: { B2: '0 0 0' }
  },
  {
    what: 'a transformer whose switch is open',
    open: ['T2'],
    reached: everywhere('', 'T2 B3'),
    fedBy: everywhere('', 'T2 B3'),
    conditions: everywhere('0 0 0', 'T2 B3')
  },
  {
    what: 'a box that lacks a phase below an open medium-voltage one',
    failed: { FU: 'A', B4: 'B' },
    reached: { ...everywhere('BC', 'FU T2 B3 T3'), B4: 'C' },
    conditions: { FU: '0 1 1', ...everywhere('0 0.87 0.87', 'T2 B3'), T3: '0.5 1 0.5', B4: '0.5 0 0.5' }
  },
  {
    what: 'an open switch: those behind it are dark',
    open: ['SW'],
    reached: everywhere('', 'SW S2 T4 B5'),
    fedBy: everywhere('', 'SW S2 T4 B5'),
    conditions: everywhere('0 0 0', 'SW S2 T4 B5')
  },
  {
    what: 'load transfer: the feeder is open and the tie closed, so its side is fed from its end',
    open: ['FA'],
    isTied: true,
    fedBy: { FA: 'S1', S1: 'SW', SW: 'S2', S2: 'S3' }
  },
  {
    what: 'a dead section between two open switches: those behind it by the tie; the switch is live up to its gap',
    failed: { S1: 'ABC' },
    open: ['SW'],
    isTied: true,
    reached: everywhere('', 'S1 T1 B1 B2 FU T2 B3 T3 B4'),
    fedBy: { ...everywhere('', 'S1 T1 B1 B2 FU T2 B3 T3 B4'), SW: 'S2', S2: 'S3' },
    conditions: everywhere('0 0 0', 'S1 T1 B1 B2 FU T2 B3 T3 B4')
  },
  {
    what: 'a tie that lacks a phase brings none: those behind it have what the neighbour has',
    failed: { S3: 'A' },
    open: ['SW'],
    isTied: true,
    reached: everywhere('BC', 'S3 T5 B6 S2 T4 B5 SW'),
    fedBy: { S2: 'S3', SW: 'S2' },
    conditions: {
      ...everywhere('0 1 1', 'S3 S2 SW'),
      ...everywhere('0.5 1 0.5', 'T5 B6 T4 B5')
    }
  },
  {
    what: 'a tie into a section that failed is no way through it',
    failed: { S2: 'ABC' },
    open: ['FA'],
    isTied: true,
    reached: everywhere('', A_SIDE),
    fedBy: everywhere('', A_SIDE),
    conditions: everywhere('0 0 0', A_SIDE)
  },
  {
    what: 'a transformer that failed stays dark when its section is fed from elsewhere',
    failed: { T4: 'ABC' },
    open: ['FA'],
    isTied: true,
    reached: everywhere('', 'T4 B5'),
    fedBy: { ...everywhere('', 'T4 B5'), FA: 'S1', S1: 'SW', SW: 'S2', S2: 'S3' },
    conditions: everywhere('0 0 0', 'T4 B5')
  },
  {
    what: 'a transformer of one phase does not miss the others',
    failed: { S3: 'A' },
    reached: everywhere('BC', 'S3 T5 B6'),
    conditions: { S3: '0 1 1', ...everywhere('0.5 1 0.5', 'T5 B6') }
  },
  {
    what: 'a transformer of one phase whose own is open',
    failed: { S3: 'B' },
    reached: { ...everywhere('AC', 'S3 T5 B6'), ...everywhere('', 'T6 B7') },
    fedBy: everywhere('', 'T6 B7'),
    conditions: {
      S3: '1 0 1',
      ...everywhere('0.5 0.5 1', 'T5 B6'),
      ...everywhere('0 0 0', 'T6 B7')
    }
  },
  {
    what: 'a truck waits while the network is there',
    source: { T1: 'truck' }
  },
  {
    what: 'a truck feeds a transformer that failed, and one whose feeder is open; the others stay dark',
    failed: { T1: 'ABC' },
    open: ['FB'],
    source: { T1: 'truck', T5: 'truck' },
    reached: everywhere('', 'T1 B1 B2 FB S3 T5 B6 T6 B7'),
    fedBy: everywhere('', 'T1 B1 B2 FB S3 T5 B6 T6 B7'),
    conditions: {
      ...everywhere('1 1 1 truck', 'T1 B1 B2 T5 B6'),
      ...everywhere('0 0 0', 'FB S3 T6 B7')
    }
  },
  {
    what: 'a truck brings a transformer of one phase no more than that',
    failed: { T6: 'B' },
    source: { T6: 'truck' },
    reached: everywhere('', 'T6 B7'),
    fedBy: everywhere('', 'T6 B7'),
    conditions: everywhere('0 1 0 truck', 'T6 B7')
  },
  {
    what: 'a box that failed is not fed by a truck above it',
    failed: { T1: 'ABC', B1: 'ABC' },
    source: { T1: 'truck' },
    reached: everywhere('', 'T1 B1 B2'),
    fedBy: everywhere('', 'T1 B1 B2'),
    conditions: { ...everywhere('1 1 1 truck', 'T1 B2'), B1: '0 0 0 truck' }
  },
  {
    what: 'a truck does not help where a phase is left',
    failed: { T1: 'AB' },
    source: { T1: 'truck' },
    reached: everywhere('C', 'T1 B1 B2'),
    conditions: everywhere('0 0 1', 'T1 B1 B2')
  },
  {
    what: 'panels keep a dead transformer alive',
    failed: { FU: 'ABC' },
    source: { T2: 'panels' },
    reached: everywhere('', 'FU T2 B3 T3 B4'),
    fedBy: everywhere('', 'FU T2 B3 T3 B4'),
    conditions: { ...everywhere('1 1 1 panels', 'T2 B3'), ...everywhere('0 0 0', 'FU T3 B4') }
  },
  {
    what: 'the broken neutral of a box, and of a transformer with a box of its own',
    broken: ['B6', 'T1', 'B1'],
    conditions: {
      B6: '1 1 1 neutral of B6',
      T1: '1 1 1 neutral of T1',
      B1: '1 1 1 neutral of B1',
      B2: '1 1 1 neutral of T1'
    }
  },
  {
    what: 'a broken neutral under an open phase',
    failed: { FU: 'A' },
    broken: ['B4'],
    reached: everywhere('BC', 'FU T2 B3 T3 B4'),
    conditions: {
      FU: '0 1 1',
      ...everywhere('0 0.87 0.87', 'T2 B3'),
      T3: '0.5 1 0.5',
      B4: '0.5 1 0.5 neutral of B4'
    }
  }
]

for (const given of CASES) {
  test(given.what, () => {
    const state = stateOf(given)
    const feeding = feed(index, state)
    const conditions = conditionsOf(index, state, feeding)
    const shown = (of: (at: number) => string): Record<string, string> =>
      Object.fromEntries(grid.devices.id.map((id, at) => [id, of(at)]))
    assert.deepEqual(
      shown(at => phaseLetters(feeding.mask[at]!)),
      { ...shown(at => phaseLetters(grid.devices.phases[at]!)), ...given.reached }
    )
    const name = (at: number): string => grid.devices.id[at] ?? ''
    assert.deepEqual(
      shown(at => name(feeding.fedBy[at]!)),
      { ...shown(at => name(grid.devices.parent[at]!)), ...given.fedBy }
    )
    assert.deepEqual(
      shown(at => conditionText(conditions[at]!)),
      {
        ...shown(() => '1 1 1'),
        ...everywhere('0 1 0', 'T6 B7'),
        ...given.conditions
      }
    )
    // Meters of a place ask by identity whether something differs.
    assert.equal(new Set(conditions).size, new Set(conditions.map(conditionText)).size)
  })
}

test('a closed loop: all is whole and everybody is fed as usual', () => {
  const { mask, fedBy } = feed(index, stateOf({ what: '', isTied: true }))
  assert.deepEqual(mask, grid.devices.phases)
  assert.deepEqual(fedBy, grid.devices.parent)
})

test('a closed loop: one feeder lacks a phase, and nobody misses it', () => {
  const state = stateOf({ what: '', failed: { FA: 'A' }, isTied: true })
  const feeding = feed(index, state)
  for (const id of grid.devices.id)
    assert.equal(
      phaseLetters(feeding.mask[device(id)]!),
      { FA: 'BC', T6: 'B', B7: 'B' }[id] ?? 'ABC',
      `${id} is reached over the tie`
    )
  const conditions = conditionsOf(index, state, feeding)
  for (const id of ['T1', 'B1', 'T2', 'T4', 'B5'])
    assert.equal(conditionText(conditions[device(id)]!), '1 1 1')
})

function stateOf({ failed = {}, open = [], isTied = false, broken = [], source = {} }: Case): GridState {
  const state: GridState = {
    failed: new Uint8Array(grid.devices.count),
    isOpen: new Uint8Array(grid.devices.count),
    isTieOpen: Uint8Array.of(isTied ? 0 : 1),
    isNeutralBroken: new Uint8Array(grid.devices.count),
    source: new Uint8Array(grid.devices.count)
  }
  for (const [id, letters] of Object.entries(failed)) state.failed[device(id)] = phaseBits(letters)
  for (const id of open) state.isOpen[device(id)] = 1
  for (const id of broken) state.isNeutralBroken[device(id)] = 1
  for (const [id, word] of Object.entries(source)) state.source[device(id)] = SOURCES.indexOf(word)
  return state
}

function conditionText({ volts, source, neutralAt, isNeutralBroken }: Condition): string {
  assert.equal(isNeutralBroken, neutralAt >= 0)
  const words = volts.map(value => Math.round(value * 100) / 100).join(' ')
  const neutral = neutralAt < 0 ? '' : ` neutral of ${grid.devices.id[neutralAt]}`
  return `${words}${source === 'grid' ? '' : ` ${source}`}${neutral}`
}
