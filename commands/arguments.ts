import {
  buildConfig,
  type Config,
  flagName,
  type Layer,
  readConfigFile,
  readEnvironment,
  SETTINGS
} from '../src/config.ts'
import { GridvigilError } from '../src/errors.ts'

/** Flags of a command line beside the settings: `switches` stand alone, `values` take the next word. */
export interface Flags {
  readonly switches: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly words: readonly string[]
}

/**
 * Splits arguments: `--flag value`, `--flag=value`, switches, words.
 * @throws CLI_USAGE for a flag that is none of these
 */
export function parseFlags(
  args: readonly string[],
  switches: readonly string[],
  values: readonly string[]
): Flags {
  const seen = new Set<string>()
  const given = new Map<string, string>()
  const words: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    const equals = arg.indexOf('=')
    const name = equals < 0 ? arg : arg.slice(0, equals)
    if (!arg.startsWith('--')) words.push(arg)
    else if (switches.includes(arg)) seen.add(arg)
    else if (!values.includes(name)) throw new GridvigilError('CLI_USAGE', `unknown flag ${name}`)
    else if (equals >= 0) given.set(name, arg.slice(equals + 1))
    else if (i + 1 < args.length) given.set(name, args[++i] ?? '')
    else throw new GridvigilError('CLI_USAGE', `${name} needs a value`)
  }
  return { switches: seen, values: given, words }
}

/** Names of the flags that set settings. */
export const SETTING_FLAGS = Object.keys(SETTINGS).map(flagName)

/** The configuration of a command line: defaults < file of --config < environment < flags, over `base`. */
export function configOf(flags: Flags, base: Layer = {}): Config {
  const file = flags.values.get('--config')
  const layer: Record<string, string | undefined> = {}
  for (const key of Object.keys(SETTINGS)) layer[key] = flags.values.get(flagName(key))
  return buildConfig(base, file === undefined ? {} : readConfigFile(file), readEnvironment(), layer)
}
