import { collectionRoutes } from './collection.ts'
import { deviceLoadRoutes } from './device-load.ts'
import { deviceRoutes } from './devices.ts'
import { healthRoutes } from './health.ts'
import { ingestRoutes } from './ingest.ts'
import { meterRoutes } from './meters.ts'
import { quarantineRoutes } from './quarantine.ts'
import { readingRoutes } from './readings.ts'
import type { Route } from './route.ts'

/** Every operation of the HTTP contract; the page and the documents beside it are not part of it. */
export const createRoutes = (): readonly Route[] => [
  ...meterRoutes,
  ...readingRoutes,
  ...deviceRoutes,
  ...deviceLoadRoutes,
  ...collectionRoutes,
  ...ingestRoutes,
  ...quarantineRoutes,
  ...healthRoutes()
]
