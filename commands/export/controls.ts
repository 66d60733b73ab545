import type { LogView } from '../../src/log/log-view.ts'
import {
  readControl,
  REGISTRY,
  type RegistryRecord,
  SETTINGS_CHANGED,
  type SettingsRecord
} from '../../src/records/gateway-record.ts'

/** What rules the stages, as the events log says it. */
export interface Controls {
  /** In force where the window begins; undefined when no record of it is there. */
  readonly settingsBefore: SettingsRecord | undefined
  readonly registryBefore: RegistryRecord | undefined
  /** Stated in the window, in order; each start states them again. */
  readonly settings: readonly SettingsRecord[]
  readonly registries: readonly RegistryRecord[]
}

const BATCH_RECORDS = 1000
const BATCH_BYTES = 1 << 20

/** Looks through the events log up to a record. @param after where the window begins */
export function readControls(events: LogView, after: number, upTo: number): Controls {
  let settingsBefore: SettingsRecord | undefined
  let registryBefore: RegistryRecord | undefined
  const settings: SettingsRecord[] = []
  const registries: RegistryRecord[] = []
  const reader = events.reader(true)
  try {
    for (;;) {
      const records = reader.read(BATCH_RECORDS, BATCH_BYTES, upTo)
      if (records.length === 0) break
      for (const { seq, kind, body } of records) {
        if (kind === SETTINGS_CHANGED) {
          const said = readControl<SettingsRecord>(body)
          if (seq <= after) settingsBefore = said
          else settings.push(said)
        }
        if (kind === REGISTRY) {
          const said = readControl<RegistryRecord>(body)
          if (seq <= after) registryBefore = said
          else registries.push(said)
        }
      }
    }
  } finally {
    reader.close()
  }
  return { settingsBefore, registryBefore, settings, registries }
}
