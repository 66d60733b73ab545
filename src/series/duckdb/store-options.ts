import type { Clock } from '../../clock.ts'
import type { ClusterStep } from './cluster.ts'

/** What a store is opened with; what is left out has a default for tests and small sites. */
export interface DuckdbStoreOptions {
  /** Made when it does not exist. */
  readonly folder: string
  /** Memory for all of DuckDB, MB. */
  readonly memoryMb: number
  /** Threads of one query. */
  readonly threads: number
  /** Files attached at once, at about one MB each. */
  readonly maxOpenDays?: number
  /** Queries that run at once; each takes a thread of the process's I/O pool. */
  readonly maxQueries?: number
  /**
   * Size a file's write-ahead log may reach before a commit folds it in, MB. Folding in costs about as much as
   * writing did, so it should be rare; opening the file reads the log back, at about 100 MB a second.
   */
  readonly checkpointMb?: number
  /** How long a day must be quiet before `clusterNext` takes it, ms. */
  readonly clusterQuietMs?: number
  /** Newest closed days whose curves are kept beside them (see day-curves.ts); 0 keeps none. */
  readonly curveDays?: number
  /** Told of a file of curves that cannot be used and is made anew. */
  readonly onCurveDamage?: (path: string, detail: string) => void
  /** Called at each step of a clustering: tests stop it there. */
  readonly onClusterStep?: (step: ClusterStep) => Promise<void>
  readonly clock?: Clock
}
