import type { Config, Layer } from '../../src/config.ts'
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

/** The same as a layer of a configuration. A setting that the record leaves out stays what it is. */
export function stageLayer(settings: SettingsRecord): Layer {
  return {
    'validation.pastDays': settings.pastDays,
    'validation.futureMinutes': settings.futureMinutes,
    'validation.maxReadings': settings.maxReadings,
    'validation.limitFactor': settings.limitFactor,
    'validation.minimumSteps': settings.minimumSteps,
    'processor.windowReadings': settings.windowReadings
  }
}
