import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { importRegistry } from '../../../src/registry/read/import.ts'
import { importInto } from '../../../src/registry/version/import-into.ts'
import { SupplyIndex } from '../../../src/registry/lookup/supply-index.ts'
import { makeCity } from '../../../src/simulator/city/city.ts'
import { CUSTOMER_KINDS, PHASES } from '../../../src/simulator/city/customers.ts'
import { makeDirt, USUAL_DIRT } from '../../../src/simulator/city/dirt.ts'
import { DEVICE_KINDS } from '../../../src/registry/tables.ts'
import { writeCityRegistry } from '../../../src/simulator/city/registry-files.ts'
import { makeFolder } from '../../registry/registry-folder.ts'

const METERS = 20_000
const city = makeCity({ seed: 'test', meters: METERS })
const { network, customers, terminals, hospitals } = city

const filesOf = (folder: string): string[] =>
  readdirSync(folder)
    .sort()
    .map(name => `${name}\n${readFileSync(join(folder, name), 'utf8')}`)

const within = (value: number, expected: number, share: number): void =>
  assert.ok(Math.abs(value / expected - 1) <= share, `${value} is not ${expected} within ${share}`)

test('a city is a function of its seed, to the byte', context => {
  const [one, again, other] = [makeFolder(context), makeFolder(context), makeFolder(context)]
  for (const [folder, seed] of [
    [one, 'a'],
    [again, 'a'],
    [other, 'b']
  ] as const) {
    const made = makeCity({ seed, meters: 700 })
    writeCityRegistry(made, folder, makeDirt(made))
  }
  assert.deepEqual(filesOf(one), filesOf(again))
  assert.notDeepEqual(filesOf(one), filesOf(other))
  for (const meters of [0, -1, 1.5, Number.NaN])
    assert.throws(() => makeCity({ seed: 'a', meters }), RangeError)
})

test('as many key customers as wanted, and nothing else of the city changes', context => {
  const tablesOf = (keyCustomers?: number) => {
    const folder = makeFolder(context)
    const made = makeCity({ seed: 'a', meters: 700, ...(keyCustomers !== undefined && { keyCustomers }) })
    writeCityRegistry(made, folder)
    return new Map(
      readdirSync(folder).map(name => [name, readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')])
    )
  }
  const [usual, none, many] = [tablesOf(), tablesOf(0), tablesOf(30)]
  assert.deepEqual(tablesOf(1), usual)
  for (const [name, lines] of usual) {
    const isOfHospital = (line: string): boolean => line.includes('KC0')
    assert.deepEqual(
      none.get(name),
      lines.filter(line => !isOfHospital(line)),
      name
    )
    // The first hospital of many is the only one of a city that has one.
    const first = many.get(name)?.filter(line => !isOfHospital(line) || line.includes('KC000'))
    assert.deepEqual(first, lines, name)
  }
  assert.equal(many.get('key_customers.csv')?.length, 31)
})

test('the network: who feeds a device has a lower number and the right kind', () => {
  const { devices, transformers, ties } = network
  const above: Record<string, readonly string[]> = {
    bus: ['substation'],
    feeder: ['bus'],
    section: ['feeder', 'switch'],
    switch: ['section'],
    fuse: ['section'],
    transformer: ['section', 'fuse']
  }
  const kindOf = (device: number) => DEVICE_KINDS[devices.kind[device]!]!
  for (let device = 0; device < devices.count; device++) {
    const parent = devices.parent[device]!
    if (kindOf(device) === 'substation') assert.equal(parent, -1)
    else
      assert.ok(parent < device && above[kindOf(device)]?.includes(kindOf(parent)), `${device} < ${parent}`)
  }
  assert.ok(transformers.every(device => kindOf(device) === 'transformer'))
  const groups = [...transformers].map(device => devices.vectorGroup[device])
  within(groups.filter(group => group === 1).length / groups.length, 0.85, 0.1)
  for (const { a, b } of ties) assert.deepEqual([kindOf(a), kindOf(b), a !== b], ['section', 'section', true])
  assert.ok(ties.length >= network.feeders.length - 2)
})

test('the customers: as many as wanted, every transformer large enough, kinds and phases as in a city', () => {
  assert.equal(customers.count, METERS)
  const sizes = new Map<number, number>()
  for (const transformer of customers.transformer) sizes.set(transformer, (sizes.get(transformer) ?? 0) + 1)
  assert.equal(sizes.size, network.transformers.length)
  assert.ok(Math.min(...sizes.values()) >= 30 && Math.max(...sizes.values()) < 250 + 30)
  const share = (kind: string) =>
    [...customers.kind].filter(each => CUSTOMER_KINDS[each] === kind).length / METERS
  assert.ok(share('home') > 0.8 && share('shop') > 0.02 && share('factory') > 0.005)
  const phases = PHASES.map((_, phase) => [...customers.phase].filter(each => each === phase).length)
  for (const count of phases.slice(0, 3)) within(count, (METERS - phases[3]!) / 3, 0.05)
  customers.box.forEach((box, customer) => {
    assert.equal(customers.boxTransformer[box], customers.transformer[customer])
  })
  const boxes = Map.groupBy(customers.box, box => box)
  for (const members of boxes.values()) assert.ok(members.length <= 15)
})

test('the terminals: some hang elsewhere, backups and carriers as given', () => {
  const count = network.transformers.length
  const foreign = [...terminals.poweredBy].filter((by, i) => by !== i).length
  assert.ok(foreign > 0 && foreign < count * 0.08)
  assert.deepEqual([...new Set(terminals.backup)].sort(), [0, 1, 2])
  assert.deepEqual([...new Set(terminals.carrier)].sort(), [0, 1, 2])
  assert.ok(new Set(terminals.cell).size > 3)
})

test('the clean registry imports without an issue, and everything hangs below a substation', context => {
  const folder = makeFolder(context)
  writeCityRegistry(city, folder)
  const { registry, result } = importInto(makeFolder(context), folder)
  assert.deepEqual([result.issues, result.notes], [[], []])
  const check = network.transformers.length
  // Each terminal is a meter of its own beside those that it reads.
  const ofTerminals = network.transformers.length + hospitals.length
  assert.equal(registry.meters.count, METERS + check + hospitals.length * 2 + ofTerminals)
  const roots = [...registry.network.normalParent].flatMap((parent, device) => (parent < 0 ? [device] : []))
  const index = new SupplyIndex(registry)
  const below = roots.map(root => index.below(root).usagePoints)
  assert.equal(
    below.reduce((sum, points) => sum + points, 0),
    METERS + hospitals.length * 2
  )
  const [key] = registry.keyCustomers.values()
  assert.ok(key !== undefined)
})

test('the dirty registry loads too; each of its edits is a difference from the clean one, and there is no other', context => {
  const dirt = makeDirt(city)
  const [clean, dirty] = [makeFolder(context), makeFolder(context)]
  writeCityRegistry(city, clean)
  writeCityRegistry(city, dirty, dirt)
  const [was, is] = [importRegistry(clean).tables, importRegistry(dirty).tables]
  const edits = { box: 0, transformer: 0, phase: 0, meter: 0 }
  for (let customer = 0; customer < METERS; customer++) {
    const [before, after] = [was.usagePoints.text, is.usagePoints.text]
    const isMoved = dirt.box[customer] !== customers.box[customer]
    assert.equal(before.device[customer] !== after.device[customer], isMoved)
    if (isMoved) {
      edits.box++
      const registered = customers.boxTransformer[dirt.box[customer]!]
      if (registered !== customers.transformer[customer]) edits.transformer++
    }
    if (before.phase[customer] !== after.phase[customer]) {
      assert.equal(after.phase[customer], '')
      edits.phase++
    }
    if (was.meters.text.id[customer] !== is.meters.text.id[customer]) edits.meter++
  }
  assert.equal(edits.box, edits.transformer, 'on another transformer, not in another box')
  within(edits.transformer, METERS * USUAL_DIRT.wrongTransformer, 0.15)
  within(edits.phase, METERS * USUAL_DIRT.unknownPhase, 0.15)
  within(edits.meter, METERS * USUAL_DIRT.exchanged, 0.9)
  for (const file of ['devices.csv', 'ties.csv', 'terminals.csv', 'key_customers.csv', 'supply_sources.csv'])
    assert.equal(readFileSync(join(clean, file), 'utf8'), readFileSync(join(dirty, file), 'utf8'))
})

test('more dirt has all the edits of less', () => {
  const [little, much] = [0.01, 0.03].map(wrongTransformer =>
    makeDirt(city, { wrongTransformer, unknownPhase: wrongTransformer, exchanged: 0 })
  )
  customers.box.forEach((box, customer) => {
    if (little!.box[customer] !== box) assert.equal(much!.box[customer], little!.box[customer])
    if (little!.isPhaseUnknown[customer] === 1) assert.equal(much!.isPhaseUnknown[customer], 1)
  })
})
