import manifest from './package.json' with { type: 'json' }
import { asError, isError } from './src/errors.ts'

/** The front door: the command line, nothing else. bin/gridvigil runs it with the project's own Node. */
interface Command {
  readonly about: string
  readonly load: () => Promise<{ run: (args: readonly string[]) => Promise<void>; usage: string }>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    about: 'take readings over MQTT, store them, serve API and page',
    load: async () => {
      const { serve, SERVE_USAGE } = await import('./commands/serve.ts')
      return { run: serve, usage: SERVE_USAGE }
    }
  },
  backup: {
    about: 'copy a data folder as of one point, beside a running server or without one',
    load: async () => {
      const { backup, BACKUP_USAGE } = await import('./commands/backup.ts')
      return { run: backup, usage: BACKUP_USAGE }
    }
  },
  restore: {
    about: 'make a data folder out of a backup and prove it',
    load: async () => {
      const { restore, RESTORE_USAGE } = await import('./commands/restore.ts')
      return { run: restore, usage: RESTORE_USAGE }
    }
  },
  tokens: {
    about: 'make, list and revoke tokens of the API',
    load: async () => {
      const { tokens, TOKENS_USAGE } = await import('./commands/tokens.ts')
      return { run: tokens, usage: TOKENS_USAGE }
    }
  },
  terminals: {
    about: 'make, list and remove secrets of terminals',
    load: async () => {
      const { terminals, TERMINALS_USAGE } = await import('./commands/terminals.ts')
      return { run: terminals, usage: TERMINALS_USAGE }
    }
  },
  import: {
    about: 'import registry files into a data folder, tell what changed',
    load: async () => {
      const { importCommand, IMPORT_USAGE } = await import('./commands/import.ts')
      return { run: importCommand, usage: IMPORT_USAGE }
    }
  },
  dossier: {
    about: 'write down patrols, drills, tests and hazards of key customers from CSV files',
    load: async () => {
      const { dossier, DOSSIER_USAGE } = await import('./commands/dossier.ts')
      return { run: dossier, usage: DOSSIER_USAGE }
    }
  },
  city: {
    about: 'make a city up: its registry as it is, and as a utility has it',
    load: async () => {
      const { city, CITY_USAGE } = await import('./commands/city.ts')
      return { run: city, usage: CITY_USAGE }
    }
  },
  simulate: {
    about: 'play a scenario in a grid, over MQTT or as lines for backtest',
    load: async () => {
      const { simulate, SIMULATE_USAGE } = await import('./commands/simulate.ts')
      return { run: simulate, usage: SIMULATE_USAGE }
    }
  },
  replay: {
    about: 'send a household data set through the front door',
    load: async () => {
      const { replay, REPLAY_USAGE } = await import('./commands/replay.ts')
      return { run: replay, usage: REPLAY_USAGE }
    }
  },
  export: {
    about: 'write what a server received as a file for backtest, with its registry',
    load: async () => {
      const { exportCommand, EXPORT_USAGE } = await import('./commands/export.ts')
      return { run: exportCommand, usage: EXPORT_USAGE }
    }
  },
  backtest: {
    about: 'run the pipeline over recorded traffic, without servers',
    load: async () => {
      const { backtest, BACKTEST_USAGE } = await import('./commands/backtest.ts')
      return { run: backtest, usage: BACKTEST_USAGE }
    }
  }
}

const [name = 'help', ...args] = process.argv.slice(2)
try {
  await main()
} catch (thrown) {
  const error = asError(thrown)
  process.stderr.write(`gridvigil: ${error.message}\n`)
  if (isError(error)) process.stderr.write(`  ${error.code}: ${error.remedy}\n`)
  else process.stderr.write(`${error.stack ?? ''}\n`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    const known = Object.entries(COMMANDS).map(([key, { about }]) => `  ${key.padEnd(10)} ${about}`)
    const text = `usage: gridvigil COMMAND [--help] | --version\n\n${known.join('\n')}\n`
    if (name === '--version') process.stdout.write(`${manifest.version}\n`)
    else if (name === 'help' || name === '--help') process.stdout.write(text)
    else {
      process.stderr.write(`gridvigil: unknown command ${name}\n\n${text}`)
      process.exitCode = 2
    }
    return
  }
  const { run, usage } = await command.load()
  if (args.includes('--help')) process.stdout.write(`${usage}\n`)
  else await run(args)
}
