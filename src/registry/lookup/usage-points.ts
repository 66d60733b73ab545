import { type PackedTexts, packTexts, type SharedTexts, shareTexts, TextIndex } from '../texts.ts'

export interface UsagePoint {
  readonly id: string
  readonly account: string
  readonly device: string
  readonly phase: string
  readonly role: string
  readonly contractKva: number
}

export interface UsagePointColumns {
  readonly id: PackedTexts
  readonly account: PackedTexts
  readonly device: SharedTexts
  readonly phase: SharedTexts
  readonly role: SharedTexts
  readonly contractKva: Float64Array
}

/** Usage points by number (their row) and by id. */
export class UsagePoints {
  readonly columns: UsagePointColumns
  readonly numbers: TextIndex

  /** @param numbers the rows by id, when they were made already */
  constructor(columns: UsagePointColumns, numbers = TextIndex.of(columns.id)) {
    this.columns = columns
    this.numbers = numbers
  }

  static of(points: readonly UsagePoint[]): UsagePoints {
    return new UsagePoints({
      id: packTexts(points.map(({ id }) => id)),
      account: packTexts(points.map(({ account }) => account)),
      device: shareTexts(points.map(({ device }) => device)),
      phase: shareTexts(points.map(({ phase }) => phase)),
      role: shareTexts(points.map(({ role }) => role)),
      contractKva: Float64Array.from(points, ({ contractKva }) => contractKva)
    })
  }

  get size(): number {
    return this.columns.id.length
  }

  get(id: string): UsagePoint | undefined {
    const row = this.numbers.get(id)
    if (row === undefined) return undefined
    const { account, device, phase, role, contractKva } = this.columns
    return {
      id,
      account: account.get(row),
      device: device.get(row),
      phase: phase.get(row),
      role: role.get(row),
      contractKva: contractKva[row] ?? Number.NaN
    }
  }
}
