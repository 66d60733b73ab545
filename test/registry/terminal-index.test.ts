import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import { selfMeter } from '../../src/registry/numbers.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { emptyRegistry } from '../../src/registry/lookup/registry.ts'
import { terminalIndexOf } from '../../src/registry/lookup/terminal-index.ts'
import { packTexts, shareTexts, TextIndex } from '../../src/registry/texts.ts'

const TERMINALS = ['T1', 'T2', 'T3']

/** Meters with up to three bindings, some blank; terminals that sample themselves, one that another took over. */
function randomRegistry(seed: number): Registry {
  const random = seededRandom(String(seed))
  const anyTerminal = (): string => ['', ...TERMINALS][random.integer(4)] ?? ''
  const ids = [...Array.from({ length: 30 }, (_, i) => `M${i}`), ...TERMINALS.map(selfMeter), 'self:other']
  const terminals = ids.map(id => (id.startsWith('self:T') ? id.slice(5) : anyTerminal()))
  const earlier = ids.map(() => -1)
  for (let meter = 0; meter < 30; meter++)
    for (let at = meter, more = random.integer(3); more > 0; more--) {
      earlier[at] = terminals.length
      at = terminals.length
      earlier.push(-1)
      terminals.push(anyTerminal())
    }
  const id = packTexts(ids)
  return {
    ...emptyRegistry(),
    meterNumbers: TextIndex.of(id),
    meters: {
      ...emptyRegistry().meters,
      count: ids.length,
      id,
      earlier: Int32Array.from(earlier),
      terminal: shareTexts(terminals)
    }
  }
}

test('meters of a terminal as a scan of all meters finds them', () => {
  for (let seed = 0; seed < 50; seed++) {
    const registry = randomRegistry(seed)
    const { meters } = registry
    const index = terminalIndexOf(registry)
    for (const wanted of [...TERMINALS, 'T9', '']) {
      const found: { meter: number; row: number }[] = []
      for (let meter = 0; meter < meters.count; meter++)
        for (let row = meter; row >= 0; row = meters.earlier[row] ?? -1) {
          const terminal = meters.terminal.get(row)
          if (terminal === '' || terminal !== wanted || meters.id.get(meter) === selfMeter(terminal)) continue
          found.push({ meter, row })
        }
      assert.deepEqual(index.bindingsOf(wanted), found, `seed ${seed}, ${wanted}`)
      const now = [...registry.meterNumbers].filter(
        ([id, meter]) => wanted !== '' && meters.terminal.get(meter) === wanted && !id.startsWith('self:')
      )
      assert.equal(index.meterCount(wanted), now.length, `seed ${seed}, ${wanted}`)
    }
  }
})
