import { parseArgs } from 'node:util'
import { asError, GridvigilError } from '../src/errors.ts'
import { makeCity } from '../src/simulator/city/city.ts'
import { writeCity } from '../src/simulator/demo/demo-city.ts'

export const CITY_USAGE = `gridvigil city --out DIR [--meters 600] [--seed TEXT]

Makes a city up and writes it into DIR:
  truth/           its registry as things are: what \`simulate\` plays on
  registry/        its registry as a utility has it, with a wrong transformer here and an unknown phase there: what \`serve\`,
                   \`import\` and \`backtest\` are given
  credentials.csv  a secret for each terminal
The same seed and size give the same registries on every machine; secrets are random.`

const USUAL_METERS = 600
const MOST_METERS = 5_000_000

/** Runs \`gridvigil city\`. @throws CLI_USAGE */
export async function city(args: readonly string[]): Promise<void> {
  const { out, meters, seed } = readOptions(args)
  const made = makeCity({ seed, meters })
  const terminals = writeCity(made, out).size
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

function readOptions(args: readonly string[]): { out: string; meters: number; seed: string } {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({ args: [...args], options: { out: text, meters: text, seed: text } })
    const meters = Number(values.meters ?? USUAL_METERS)
    if (values.out === undefined) throw new Error('--out DIR is needed')
    if (!(Number.isInteger(meters) && meters >= 1 && meters <= MOST_METERS))
      throw new Error(`--meters is a whole number from 1 to ${MOST_METERS}`)
    return { out: values.out, meters, seed: values.seed ?? 'city' }
  } catch (thrown) {
    throw new GridvigilError('CLI_USAGE', asError(thrown).message)
  }
}
