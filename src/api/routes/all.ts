import { alarmRoutes } from './alarms.ts'
import { auditTrailRoutes } from './audit-trail.ts'
import { backupRoutes } from './backups.ts'
import { collectionRoutes } from './collection.ts'
import { communicationRoutes } from './communication.ts'
import { decisionRoutes } from './decisions.ts'
import { customerWaysRoutes } from './customer-ways.ts'
import { deviceLoadRoutes } from './device-load.ts'
import { deviceRoutes } from './devices.ts'
import { dossierRoutes } from './dossier.ts'
import { dossierImportRoutes } from './dossier-import.ts'
import { findingRoutes } from './findings.ts'
import { healthRoutes } from './health.ts'
import { incidentDecisionRoutes } from './incident-decisions.ts'
import { incidentRoutes } from './incidents.ts'
import { ingestRoutes } from './ingest.ts'
import { keyCustomerRoutes } from './key-customers.ts'
import { meterRoutes } from './meters.ts'
import { observationRoutes } from './observations.ts'
import { overviewRoutes } from './overview.ts'
import { pingRoutes } from './pings.ts'
import { plannedOutageRoutes } from './planned-outages.ts'
import { pointOutageRoutes } from './point-outages.ts'
import { quarantineRoutes } from './quarantine.ts'
import { readingRoutes } from './readings.ts'
import { registryRoutes } from './registry.ts'
import { reliabilityRoutes } from './reliability.ts'
import type { Route } from '../http/route.ts'
import { sessionRoutes } from './session.ts'
import { streamRoutes } from './stream.ts'
import { sourceRoutes } from './sources.ts'
import { supplyRoutes } from './supply.ts'
import { switchStateRoutes } from './switch-states.ts'
import { terminalRoutes } from './terminals.ts'
import { tokenRoutes } from './tokens.ts'
import { userRoutes } from './users.ts'

/** Every operation of the HTTP contract; the page and the documents beside it are not part of it. */
export const createRoutes = (): readonly Route[] => [
  ...meterRoutes,
  ...readingRoutes,
  ...deviceRoutes,
  ...deviceLoadRoutes,
  ...collectionRoutes,
  ...ingestRoutes,
  ...quarantineRoutes,
  ...streamRoutes,
  ...incidentRoutes,
  ...incidentDecisionRoutes,
  ...communicationRoutes,
  ...findingRoutes,
  ...alarmRoutes,
  ...decisionRoutes,
  ...pointOutageRoutes,
  ...reliabilityRoutes(),
  ...pingRoutes,
  ...registryRoutes,
  ...keyCustomerRoutes,
  ...observationRoutes,
  ...sourceRoutes,
  ...supplyRoutes,
  ...customerWaysRoutes,
  ...dossierRoutes,
  ...dossierImportRoutes,
  ...plannedOutageRoutes,
  ...switchStateRoutes,
  ...overviewRoutes,
  ...terminalRoutes,
  ...sessionRoutes,
  ...tokenRoutes,
  ...userRoutes,
  ...auditTrailRoutes,
  ...backupRoutes,
  ...healthRoutes()
]
