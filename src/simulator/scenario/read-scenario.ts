import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { asError, GridvigilError } from '../../errors.ts'
import { type Scenario, scenario } from './schema.ts'

/** Reads and checks a scenario file. @throws SIMULATOR_SCENARIO naming the file, the place and what is wrong there */
export function readScenario(path: string): Scenario {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new GridvigilError('SIMULATOR_SCENARIO', `${path}: ${asError(thrown).message}`)
  }
  return parseScenario(text, path)
}

/** @param name says in errors where the text comes from */
export function parseScenario(text: string, name: string): Scenario {
  const document = parseDocument(text)
  const [broken] = document.errors
  if (broken !== undefined) throw new GridvigilError('SIMULATOR_SCENARIO', `${name}: ${broken.message}`)
  const parsed = scenario.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.slice(0, 5).map(issue => {
    const place = placeOf(issue.path)
    return `${place === '' ? 'the file' : place}: ${issue.message}`
  })
  throw new GridvigilError('SIMULATOR_SCENARIO', `${name}: ${problems.join('; ')}`)
}

/** Steps are counted from 1, as people do. */
function placeOf([first, number, ...rest]: readonly PropertyKey[]): string {
  if (first !== 'steps' || typeof number !== 'number')
    return [first, number, ...rest].filter(each => each !== undefined).join('.')
  return [`step ${number + 1}`, ...rest].join('.')
}
