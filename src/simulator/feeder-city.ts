import { Chance } from './city/chance.ts'
import { neighbour, USUAL_DIRT } from './city/dirt.ts'
import { cityFolders, writeSecrets } from './city/write-city.ts'
import type { Feeder } from './feeder-files.ts'
import { type FeederBook, feederTransformers, feederTree, writeFeederRegistry } from './feeder-registry.ts'
import { readGrid } from './grid/read-grid.ts'

/** A recorded feeder in the folders of a city: as it is, and as a utility has it in its books. */
export function writeFeederCity(feeder: Feeder, folder: string, seed: string): void {
  const { truth, registry } = cityFolders(folder)
  writeFeederRegistry(feeder, truth)
  writeFeederRegistry(feeder, registry, '', feederBooks(feeder, seed))
  const { terminals } = readGrid(truth)
  writeSecrets(
    folder,
    terminals.map(({ id }) => id)
  )
}

/**
 * Customers of whom the books are wrong, with the shares of a made-up city: a transformer nearby where there are several with
 * customers, a phase that nobody knows. No meter is exchanged: the ids are those of the recording.
 */
export function feederBooks(feeder: Feeder, seed: string): Map<string, FeederBook> {
  const chance = new Chance(`${seed}/books`)
  const [wrong, which, unknown] = ['transformer', 'other', 'phase'].map(name => chance.named(name)) as [
    Chance,
    Chance,
    Chance
  ]
  const tree = feederTree(feeder)
  const transformerOf = feederTransformers(tree)
  // In order of the tree, so that those with neighbouring numbers are as far from the source.
  const busesOf = new Map<string, string[]>()
  const used = new Set(feeder.customers.map(({ bus }) => bus))
  for (const bus of tree.order) {
    const transformer = transformerOf.get(bus)
    if (transformer === undefined || !used.has(bus)) continue
    busesOf.set(transformer, [...(busesOf.get(transformer) ?? []), bus])
  }
  const transformers = [...busesOf.keys()]
  const books = new Map<string, FeederBook>()
  feeder.customers.forEach((customer, number) => {
    const own = transformers.indexOf(transformerOf.get(customer.bus) ?? '')
    const isWrong = own >= 0 && transformers.length > 1 && wrong.at(number) < USUAL_DIRT.wrongTransformer
    const isUnknown = unknown.at(number) < USUAL_DIRT.unknownPhase
    if (!isWrong && !isUnknown) return
    const other = isWrong ? neighbour(own, transformers.length, which.at(number)) : own
    const buses = busesOf.get(transformers[other] ?? '') ?? []
    books.set(customer.id, {
      bus: isWrong ? (buses[number % buses.length] ?? customer.bus) : customer.bus,
      phase: isUnknown ? '' : customer.phase
    })
  })
  return books
}
