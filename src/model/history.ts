/** A question of validation about a time that its memory no longer covers. */
export interface HistoryRequest {
  readonly meter: number
  readonly time: number
  readonly kind: number
}

/** Registers (importKwh, exportKwh, importKvarh, exportKvarh; NaN absent; as sent) of a stored reading. */
export interface HistoryNeighbour {
  readonly time: number
  readonly registers: readonly [number, number, number, number]
  /** CT x PT that applied to the reading; 0 when its values were sent as primary. */
  readonly ratio: number
}

/** A stored reading of the same time but another kind: of several the lowest kind bounds intervals. */
export interface HistorySibling extends HistoryNeighbour {
  readonly kind: number
}

/** What the store knew when it had committed the step that asked. */
export interface HistoryAnswer {
  readonly meter: number
  readonly time: number
  readonly kind: number
  /** Highest stored version of (meter, time, kind), 0 when there is none. */
  readonly version: number
  /** Values of that version (FIELD_COUNT numbers, NaN absent) and its extras; undefined when version is 0. */
  readonly values: readonly number[] | undefined
  /** Of that version, as in HistoryNeighbour; undefined when version is 0. */
  readonly ratio: number | undefined
  readonly extras: string
  /** Of values and extras, as validation knows a repeated reading by; extras are left out then. Older records have none. */
  readonly hash?: number
  /** Nearest stored readings with another time, on either side, any kind, highest versions. */
  readonly before: HistoryNeighbour | undefined
  readonly after: HistoryNeighbour | undefined
  /** Stored readings of other kinds at the same time that have registers, highest versions; absent when none. */
  readonly beside?: readonly HistorySibling[]
}
