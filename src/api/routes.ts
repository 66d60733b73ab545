import { auditTrailRoutes } from './audit-trail.ts'
import { deviceRoutes } from './devices.ts'
import { healthRoutes } from './health.ts'
import { ingestRoutes } from './ingest.ts'
import { meterRoutes } from './meters.ts'
import { quarantineRoutes } from './quarantine.ts'
import { readingRoutes } from './readings.ts'
import type { Route } from './route.ts'
import { sessionRoutes } from './session.ts'
import { streamRoutes } from './stream.ts'
import { terminalRoutes } from './terminals.ts'
import { tokenRoutes } from './tokens.ts'
import { userRoutes } from './users.ts'

/** Every operation of the HTTP contract; the page and the documents beside it are not part of it. */
export const createRoutes = (): readonly Route[] => [
  ...meterRoutes,
  ...readingRoutes,
  ...deviceRoutes,
  ...ingestRoutes,
  ...quarantineRoutes,
  ...streamRoutes,
  ...terminalRoutes,
  ...sessionRoutes,
  ...tokenRoutes,
  ...userRoutes,
  ...auditTrailRoutes,
  ...healthRoutes()
]
