import type { LogView } from '../../src/log/log-view.ts'
import {
  PLANNED_OUTAGE,
  type PlannedOutageRecord,
  readControl,
  REGISTRY,
  type RegistryRecord,
  SETTINGS_CHANGED,
  type SettingsRecord,
  SWITCH_STATE,
  type SwitchStateRecord
} from '../../src/records/gateway-record.ts'

/** What rules the stages, as the events log says it, and what they were told of the network. */
export interface Controls {
  /** In force where the window begins; undefined when no record of it is there. */
  readonly settingsBefore: SettingsRecord | undefined
  readonly registryBefore: RegistryRecord | undefined
  /** Stated in the window, in order; each start states them again. */
  readonly settings: readonly SettingsRecord[]
  readonly registries: readonly RegistryRecord[]
  /** As last said before the window: how switches stand, what is planned. */
  readonly switches: readonly SwitchStateRecord[]
  readonly planned: readonly PlannedOutageRecord[]
}

const BATCH_RECORDS = 1000
const BATCH_BYTES = 1 << 20

/** Looks through the events log up to a record. @param after where the window begins */
export function readControls(events: LogView, after: number, upTo: number): Controls {
  let settingsBefore: SettingsRecord | undefined
  let registryBefore: RegistryRecord | undefined
  const settings: SettingsRecord[] = []
  const registries: RegistryRecord[] = []
  const switches = new Map<string, SwitchStateRecord>()
  const planned = new Map<string, PlannedOutageRecord>()
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
        if (kind === SWITCH_STATE && seq <= after) {
          const said = readControl<SwitchStateRecord>(body)
          switches.set(said.device, said)
        }
        if (kind === PLANNED_OUTAGE && seq <= after) {
          const said = readControl<PlannedOutageRecord>(body)
          planned.set(said.id, said)
        }
      }
    }
  } finally {
    reader.close()
  }
  return {
    ...{ settingsBefore, registryBefore, settings, registries },
    ...{ switches: [...switches.values()], planned: [...planned.values()] }
  }
}
