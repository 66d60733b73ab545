import type { Config } from '../../src/config.ts'
import { latestSnapshot } from '../../src/registry/version/snapshot.ts'
import { EXPORT_FORMAT, type ExportedRegistry, type ExportHead } from '../backtest/line.ts'
import { stageSettings } from '../site/stage-settings.ts'
import { VERSION } from '../version.ts'
import { readControls } from './controls.ts'
import { type ExportPlan, isWhole } from './plan.ts'
import { RegistryExport } from './registries.ts'

/** A line that stands before those of the logs. */
export interface PrefaceLine {
  readonly topic: string
  readonly payload: object
}

export interface Preface {
  readonly lines: readonly PrefaceLine[]
  readonly registries: readonly ExportedRegistry[]
  /** What could not be given as it was. */
  readonly notes: readonly string[]
}

/**
 * Writes the registries of an export and makes its first lines. One that does not begin with the data folder states the
 * settings and the registry that were in force where it begins, how switches stood and what was planned; else the first
 * records do.
 * @param lastEvent seq of the last record of the events log in it
 */
export function preface(config: Config, folder: string, plan: ExportPlan, lastEvent: number): Preface {
  const { data } = config
  const whole = isWhole(plan)
  const controls = readControls(plan.views.events, plan.after.events, lastEvent)
  const notes: string[] = []
  const lines: PrefaceLine[] = []
  if (!whole) {
    const [settings = stageSettings(config)] = [controls.settingsBefore, ...controls.settings]
    if (controls.settingsBefore === undefined)
      notes.push('the settings in force at the beginning are recorded no more: those that follow are taken')
    lines.push({ topic: 'settings', payload: settings })
    const known = controls.registryBefore ?? controls.registries[0]
    const registry = known ?? latestSnapshot(data)
    if (registry !== undefined) {
      const { version, hash } = registry
      if (controls.registryBefore === undefined && known !== undefined)
        notes.push(`the registry in force at the beginning is recorded no more: version ${version} is taken`)
      lines.push({ topic: 'registry', payload: { version, hash } })
    }
    for (const payload of controls.switches) lines.push({ topic: 'switch-state', payload })
    for (const payload of controls.planned) lines.push({ topic: 'planned-outage', payload })
  }
  const stated = (topic: string): object[] =>
    lines.flatMap(line => (line.topic === topic ? [line.payload] : []))
  const settings = distinct([...stated('settings'), ...controls.settings]) as ExportHead['settings']
  const writer = new RegistryExport(data, folder)
  const named = distinct([...stated('registry'), ...controls.registries]) as ExportedRegistry[]
  const registries = writer.write(named)
  const head: ExportHead = { format: EXPORT_FORMAT, version: VERSION, whole, settings, registries }
  return {
    lines: [{ topic: 'export', payload: head }, ...lines],
    registries,
    notes: [...notes, ...writer.notes]
  }
}

const distinct = (records: readonly object[]): object[] => [
  ...new Map(records.map(record => [JSON.stringify(record), record])).values()
]
