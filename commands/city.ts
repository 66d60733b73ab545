import { parseArgs } from 'node:util'
import { asError, GridvigilError } from '../src/errors.ts'
import { makeCity } from '../src/simulator/city/city.ts'
import { cityFolders, quickRhythm, writeCity } from '../src/simulator/city/write-city.ts'
import { writeFeederCity } from '../src/simulator/feeder-city.ts'
import { type Feeder, type FeederName, readFeeder } from '../src/simulator/feeder-files.ts'
import { readGrid } from '../src/simulator/grid/read-grid.ts'

export const CITY_USAGE = `gridvigil city --out DIR [--meters 600] [--seed TEXT] [--interval S] [--key-customers N] [--wrong-feed]
gridvigil city --out DIR --feeder eulv|ckt5 --from FOLDER [--seed TEXT]

Makes a city up and writes it into DIR:
  truth/           its registry as things are: what \`simulate\` plays on
  registry/        its registry as a utility has it, with a wrong transformer here and an unknown phase there: what \`serve\`,
                   \`import\` and \`backtest\` are given
  credentials.csv  a secret for each terminal
--interval lets all terminals read and send every S seconds instead of every quarter of an hour, for runs that cannot wait.
--key-customers makes so many hospitals instead of one for 50,000 meters; the rest of the city is the same.
--wrong-feed binds the standby feed of each hospital to somebody else's usage point, in registry/ alone.
--feeder takes a recorded feeder instead, out of the CSV files in FOLDER (the IEEE European low-voltage feeder, EPRI's circuit 5).
The same seed and size give the same registries on every machine; secrets are random.`

const USUAL_METERS = 600
const MOST_METERS = 5_000_000
/** Their ids have three digits. */
const MOST_KEY_CUSTOMERS = 1000

/** Runs \`gridvigil city\`. @throws CLI_USAGE */
export async function city(args: readonly string[]): Promise<void> {
  const { out, meters, seed, intervalS, keyCustomers, hasWrongFeed, feeder, from } = readOptions(args)
  if (feeder !== undefined) {
    recordedFeeder(feeder, from, out, seed)
    return
  }
  const made = makeCity({ seed, meters, ...(keyCustomers !== undefined && { keyCustomers }) })
  const terminals = writeCity(
    made,
    out,
    intervalS > 0 ? quickRhythm(intervalS) : undefined,
    hasWrongFeed
  ).size
  const { hospitals, network } = made
  const counts = {
    meters,
    transformers: network.transformers.length,
    feeders: network.feeders.length,
    hospitals: hospitals.length,
    terminals
  }
  process.stdout.write(`${JSON.stringify({ event: 'city', out, ...counts })}\n`)
}

/** A recorded feeder as a city; the seed decides what is wrong in its books. */
function recordedFeeder(feeder: FeederName, from: string, out: string, seed: string): void {
  writeFeederCity(readRecorded(feeder, from), out, seed)
  const { terminals, customers } = readGrid(cityFolders(out).truth)
  const counts = { meters: customers.count, terminals: terminals.length }
  process.stdout.write(`${JSON.stringify({ event: 'city', out, feeder, ...counts })}\n`)
}

/** @throws CLI_USAGE when the folder has not its files */
function readRecorded(feeder: FeederName, from: string): Feeder {
  try {
    return readFeeder(from, feeder)
  } catch (thrown) {
    throw new GridvigilError('CLI_USAGE', `--from ${from}: ${asError(thrown).message}`)
  }
}

interface Options {
  readonly out: string
  readonly meters: number
  readonly seed: string
  /** 0: as in a city. */
  readonly intervalS: number
  /** undefined: as in a city. */
  readonly keyCustomers: number | undefined
  readonly hasWrongFeed: boolean
  readonly feeder: FeederName | undefined
  /** Where its files are. */
  readonly from: string
}

function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...{ out: text, meters: text, seed: text, interval: text, 'key-customers': text },
        ...{ feeder: text, from: text, 'wrong-feed': { type: 'boolean', default: false } as const }
      }
    })
    const meters = Number(values.meters ?? USUAL_METERS)
    const intervalS = Number(values.interval ?? 0)
    if (values.out === undefined) throw new Error('--out DIR is needed')
    if (!(Number.isInteger(meters) && meters >= 1 && meters <= MOST_METERS))
      throw new Error(`--meters is a whole number from 1 to ${MOST_METERS}`)
    if (!(intervalS === 0 || intervalS >= 1)) throw new Error('--interval is a number of seconds from 1 on')
    const given = values['key-customers']
    const keyCustomers = given === undefined ? undefined : Number(given)
    if (
      keyCustomers !== undefined &&
      !(Number.isInteger(keyCustomers) && keyCustomers >= 0 && keyCustomers <= MOST_KEY_CUSTOMERS)
    )
      throw new Error(`--key-customers is a whole number from 0 to ${MOST_KEY_CUSTOMERS}`)
    const { feeder, from = '' } = values
    if (feeder !== undefined && feeder !== 'eulv' && feeder !== 'ckt5')
      throw new Error('--feeder is eulv or ckt5')
    if (feeder !== undefined && from === '') throw new Error('--feeder needs --from FOLDER')
    const hasWrongFeed = values['wrong-feed']
    const seed = values.seed ?? 'city'
    return { out: values.out, meters, seed, intervalS, keyCustomers, hasWrongFeed, feeder, from }
  } catch (thrown) {
    throw new GridvigilError('CLI_USAGE', asError(thrown).message)
  }
}
