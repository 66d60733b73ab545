import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../src/config.ts'
import { GridvigilError } from '../../src/errors.ts'
import type { RegistryRecord } from '../../src/records/gateway-record.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import type { NumberBook } from '../../src/registry/numbers.ts'
import { type ImportResult, importRegistry } from '../../src/registry/read/import.ts'
import { describeIssue } from '../../src/registry/read/issues.ts'
import { readNumbers } from '../../src/registry/read/numbers-file.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { buildRegistry } from '../../src/registry/version/build.ts'
import { hashOfImport } from '../../src/registry/version/snapshot.ts'
import { type ExportedRegistry, laterFolder } from './line.ts'

/** Of a run over a file that names no registry. */
const UNNAMED: RegistryRecord = { version: 1, hash: 'backtest' }
const SHOWN_ISSUES = 20

/**
 * The registries of a run: the files of --registry for the first version that an export names, those of the folders
 * `version-N` in it for the later ones. A version that has none goes unnoticed: the one before it stays in force.
 */
export class BacktestRegistries {
  readonly #config: Config
  readonly #byHash = new Map<string, Registry>()
  #book: NumberBook | undefined
  #firstRegistry: Registry | undefined
  #isAsRecorded = true

  constructor(config: Config) {
    this.#config = config
  }

  /** Reads them. @throws REGISTRY_FATAL, REGISTRY_REJECTS */
  open(recorded: readonly ExportedRegistry[]): void {
    const folder = this.#config.registry
    const [named, ...later] = new Map(recorded.map(registry => [registry.hash, registry])).values()
    this.#firstRegistry = this.#read(folder, named ?? UNNAMED)
    for (const registry of later) {
      const own = join(folder, laterFolder(registry))
      if (existsSync(own)) this.#read(own, registry)
      else this.#isAsRecorded = false
    }
    // Recorded without a registry: then there must be nothing in this one.
    if (named === undefined) this.#isAsRecorded = this.#firstRegistry.meters.count === 0
  }

  /** Whether all are those that were in force when the records were made. */
  get isAsRecorded(): boolean {
    return this.#isAsRecorded
  }

  /** The one of --registry. */
  get first(): Registry {
    if (this.#firstRegistry === undefined) throw new Error('registries are opened first')
    return this.#firstRegistry
  }

  /** Ids of all meters by number: later versions only add to them. */
  get meterIds(): readonly string[] {
    return this.#book?.ids ?? []
  }

  has({ hash }: RegistryRecord): boolean {
    return this.#byHash.has(hash)
  }

  of({ version, hash }: RegistryRecord): Registry {
    const registry = this.#byHash.get(hash)
    if (registry === undefined) throw new GridvigilError('REGISTRY_FATAL', `version ${version} is not there`)
    return registry
  }

  #read(folder: string, { version, hash, files }: Partial<ExportedRegistry> & RegistryRecord): Registry {
    const result = importRegistry(folder, readNumbers(folder) ?? this.#book, {
      timezone: this.#config.timezone,
      maxRejects: this.#config['registry.maxRejectsPercent'] / 100
    })
    tell(result)
    const registry = buildRegistry(sourceOf(result.tables, result.book), version, hash)
    if (hash !== UNNAMED.hash) this.#isAsRecorded &&= hashOfImport(result, version) === files
    this.#byHash.set(hash, registry)
    this.#book = result.book
    return registry
  }
}

function tell({ issues }: ImportResult): void {
  for (const issue of issues.slice(0, SHOWN_ISSUES)) process.stderr.write(`${describeIssue(issue)}\n`)
}
