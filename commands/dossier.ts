import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { DOSSIER_FILES, type DossierFileName, isDossierFile } from '../src/api/shapes/dossier-files.ts'
import { asError, GridvigilError } from '../src/errors.ts'
import { createLogger } from '../src/logger.ts'
import { ImportRefused } from '../src/registry/read/issues.ts'
import { configOf, parseFlags } from './arguments.ts'
import { openSite } from './beside/site-client.ts'
import { printIssues } from './registry/print-issues.ts'

const NAMES = Object.keys(DOSSIER_FILES) as DossierFileName[]
const KINDS = Object.values(DOSSIER_FILES)

export const DOSSIER_USAGE = `gridvigil dossier import FILE... [--data DIR]
gridvigil dossier import FILE --kind KIND [--data DIR]

Writes down what was done for key customers from CSV files: ${NAMES.join(', ')}; --kind says what a file of another
name holds: ${KINDS.join(', ')}. Columns are those of docs/key-customers.md. All entries of all files are written, or
none and what is wrong is named by line and column. A file may be sent again: entries stand under their ids.
Works beside a running server and without one.`

/** What POST /v1/dossier/import answers. */
interface Imported {
  readonly files: readonly {
    readonly file: string
    readonly rows: number
    readonly written: number
    readonly unchanged: number
  }[]
}

/** @throws CLI_USAGE, and what the API refuses */
export async function dossier(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, [], ['--data', '--config', '--kind'])
  const [verb, ...paths] = flags.words
  if (verb !== 'import' || paths.length === 0) throw new GridvigilError('CLI_USAGE', 'say `import FILE...`')
  const form = await formOf(paths, flags.values.get('--kind'))
  const site = await openSite(configOf(flags), createLogger('warn', 'dossier'))
  try {
    const { files } = await site.call<Imported>('POST', '/v1/dossier/import', form)
    for (const { file, rows, written, unchanged } of files)
      process.stdout.write(`${file}: ${rows} rows, ${written} written, ${unchanged} stood already\n`)
  } catch (thrown) {
    if (thrown instanceof ImportRefused) printIssues(thrown.issues, thrown.total)
    throw thrown
  } finally {
    await site.close()
  }
}

/** @throws CLI_USAGE for what is no file of entries */
async function formOf(paths: readonly string[], kind: string | undefined): Promise<FormData> {
  if (kind !== undefined && paths.length > 1)
    throw new GridvigilError('CLI_USAGE', '--kind goes with one file')
  const form = new FormData()
  for (const path of paths) {
    const name = kind === undefined ? basename(path) : NAMES.find(each => DOSSIER_FILES[each] === kind)
    if (name === undefined) throw new GridvigilError('CLI_USAGE', `--kind is one of ${KINDS.join(', ')}`)
    if (!isDossierFile(name))
      throw new GridvigilError('CLI_USAGE', `${path}: name it ${NAMES.join(', ')}, or say --kind`)
    try {
      form.append('files', await openAsBlob(path), name)
    } catch (thrown) {
      throw new GridvigilError('CLI_USAGE', `${path}: ${asError(thrown).message}`)
    }
  }
  return form
}
