/** What stands a generator in its controller: `off` does not start, `manual` waits for a person. '' when it does not say. */
export const GENERATOR_MODES = ['auto', 'manual', 'off'] as const
export type GeneratorMode = (typeof GENERATOR_MODES)[number]

/** What a UPS feeds its load from; `bypass` is the network without the battery behind it. '' when it does not say. */
export const UPS_MODES = ['line', 'battery', 'bypass', 'off'] as const
export type UpsMode = (typeof UPS_MODES)[number]

/** NaN and undefined: not said. */
export interface GeneratorReport {
  /** Id in supply_sources.csv. */
  readonly source: string
  readonly isRunning: boolean | undefined
  /** Of the generator itself, before its switch. */
  readonly voltageV: number
  readonly powerKw: number
  /** Of its tank, 0 to 100. */
  readonly fuelPct: number
  readonly startBatteryV: number
  readonly mode: GeneratorMode | ''
}

/** The switch of a load section. */
export interface SwitchReport {
  /** Id in load_sections.csv. */
  readonly section: string
  /** The source that it stands on; `open` for none, '' when it does not say. */
  readonly position: string
  /** Whether it changes over by itself. */
  readonly isAutomatic: boolean | undefined
  readonly hasFault: boolean | undefined
}

export interface UpsReport {
  readonly source: string
  readonly mode: UpsMode | ''
  /** Share of its rating, 0 to 1000: an overload is one. */
  readonly loadPct: number
  readonly minutesLeft: number
}

/** What a terminal says of the backup plant of key customers: one `backup` message. */
export interface PlantReport {
  /** When it was so by the terminal's clock, epoch ms; NaN when it does not say: the arrival serves. */
  readonly time: number
  readonly generators: readonly GeneratorReport[]
  readonly switches: readonly SwitchReport[]
  readonly ups: readonly UpsReport[]
}
