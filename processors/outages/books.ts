import type { MeterBook } from './evidence/meter-book.ts'
import type { OtherSources } from './evidence/other-sources.ts'
import type { TerminalBook } from './evidence/terminal-book.ts'
import type { PresentGrid } from './grid/present-grid.ts'

/** What the stage knows, entered by evidence and read by everybody: who hangs where, what is known of meters, terminals and other sources. */
export interface Books {
  readonly grid: PresentGrid
  readonly meters: MeterBook
  readonly terminals: TerminalBook
  readonly others: OtherSources
}
