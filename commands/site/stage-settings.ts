import type { Config } from '../../src/config.ts'
import type { SettingsRecord } from '../../src/records/gateway-record.ts'

/** The settings that rule the stages, as they are recorded at every start. */
export function stageSettings(config: Config): SettingsRecord {
  return {
    pastDays: config['validation.pastDays'],
    futureMinutes: config['validation.futureMinutes'],
    maxReadings: config['validation.maxReadings'],
    limitFactor: config['validation.limitFactor'],
    minimumSteps: config['validation.minimumSteps'],
    windowReadings: config['processor.windowReadings']
  }
}
