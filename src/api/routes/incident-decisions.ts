import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import type { DecisionAct } from '../../model/decisions.ts'
import type { IncidentRow } from '../../ledger/outage-port.ts'
import type { IncidentDecision } from '../../model/decisions.ts'
import type { ApiContext } from '../context.ts'
import { defineRoute, InvalidRequest, type Route } from '../http/route.ts'
import { decidedOut, factsBody, noteParameter, showLogged } from '../shapes/decided.ts'
import { dangersAt, UNSEEN } from '../shapes/danger.ts'
import { textParameter } from '../shapes/schemas.ts'
import { findDevice } from './devices.ts'
import { findIncident } from './incidents.ts'

const MAX_ID = 128
const DAY_MS = 86_400_000
/** What is expected before or after these is a slip of the pen. */
const [EXPECTED_AGO_MS, EXPECTED_AHEAD_MS] = [DAY_MS, 366 * DAY_MS]
const OPEN = ['open', 'updated']
const UNSETTLED = ['suspected', ...OPEN]
const LIVE = [...UNSETTLED, 'restored']

/** What a decision says beside its act; which of it may come with an act its body says. */
type Said = Omit<IncidentDecision, 'incident' | 'act' | 'by'>

interface ActRoute {
  readonly act: DecisionAct
  /** Last part of the path. */
  readonly path?: string
  readonly operation: string
  readonly summary: string
  readonly body?: z.ZodRawShape
  /** Whether an incident in this state can take it, as far as the ledger knows. */
  takes(incident: IncidentRow): boolean
}

const device = textParameter(MAX_ID, 'device of the registry')
const isIn =
  (states: readonly string[]) =>
  ({ state }: IncidentRow): boolean =>
    states.includes(state)

const ACT_ROUTES: readonly ActRoute[] = [
  {
    ...{ act: 'claim', operation: 'claimIncident', takes: isIn(LIVE) },
    summary: 'Looks after an incident: whoever calls is named with it'
  },
  {
    ...{ act: 'confirm', operation: 'confirmIncident', takes: isIn(LIVE) },
    summary: 'Says that it is an outage: a suspicion is open at once, and is withdrawn by nobody else'
  },
  {
    ...{ act: 'move', operation: 'moveIncident', takes: isIn(UNSETTLED), body: { device } },
    summary:
      'Says where it is; who is without supply by it follows, the opinion of the system stays beside it'
  },
  {
    ...{ act: 'merge', operation: 'mergeIncident', takes: isIn(UNSETTLED) },
    body: { into: textParameter(MAX_ID, 'id of an open incident') },
    summary: 'Makes it part of another incident that is open'
  },
  {
    ...{ act: 'split', operation: 'splitIncident', takes: isIn(OPEN), body: { device } },
    summary: 'Takes those below a device out of it: they become an incident of their own'
  },
  {
    ...{ act: 'close', operation: 'closeIncident', takes: isIn(LIVE) },
    summary: 'Says that it is over, or that a suspicion is none; the same evidence does not open it again'
  },
  {
    ...{ act: 'reopen', operation: 'reopenIncident' },
    takes: ({ state, reason }) => ['restored', 'closed'].includes(state) || reason === 'DISMISSED',
    summary: 'Says that it goes on; what was closed more than six hours ago is refused'
  },
  {
    ...{ act: 'note', path: 'notes', operation: 'noteIncident', takes: () => true },
    body: { note: noteParameter },
    summary: 'Adds words, or a cause that is known by now, in any state'
  }
]

/** Decisions of dispatchers, one route an act. Each becomes a record of the log, which the outage stage takes. */
export const incidentDecisionRoutes: readonly Route[] = ACT_ROUTES.map(
  ({ act, path = act, operation, summary, body = {}, takes }) =>
    defineRoute({
      method: 'POST',
      path: `/v1/incidents/{id}/${path}`,
      ...{ operation, summary, tag: 'outages', status: 202 },
      access: ['dispatcher', 'admin'],
      params: z.strictObject({ id: textParameter(MAX_ID, 'incident id') }),
      body: z.strictObject({ ...factsBody, ...body }),
      response: decidedOut,
      errors: [
        'API_INCIDENT_UNKNOWN',
        'API_INCIDENT_STATE',
        ...(act === 'close' ? (['API_INCIDENT_DANGER'] as const) : []),
        ...('into' in body ? (['API_DECISION'] as const) : []),
        ...('device' in body ? (['API_DEVICE_UNKNOWN'] as const) : []),
        ...(['API_NOT_READY', 'LOG_WRITE_FAILED', 'LOG_CLOSED'] as const)
      ],
      async handle(context, { params, body: given }, { actor }) {
        const said = given as Said
        checkExpected(said, actor.at)
        const incident = await findIncident(context.outages, params.id)
        if (!takes(incident)) throw wrongState(incident, act)
        if (wasSaid(incident, act, actor.name) && Object.keys(said).length === 0)
          throw saidBefore(incident, act)
        await checkOther(context, incident, said)
        if (act === 'close') await checkDanger(context, incident)
        const record: IncidentDecision = { incident: incident.id, act, by: actor.name, ...said }
        await context.decisionDesk.decide(record, actor)
        return showLogged(record, actor.at)
      }
    })
)

/** @throws API_BAD_REQUEST */
function checkExpected({ expectedAt }: Said, now: number): void {
  if (expectedAt === undefined) return
  if (expectedAt >= now - EXPECTED_AGO_MS && expectedAt <= now + EXPECTED_AHEAD_MS) return
  const message = 'is neither within the last day nor within a year from now'
  throw new InvalidRequest([{ path: 'body.expectedAt', message }])
}

/** What a decision names beside its incident. @throws API_DEVICE_UNKNOWN, API_DECISION, API_INCIDENT_UNKNOWN, API_INCIDENT_STATE */
async function checkOther({ registry, outages }: ApiContext, { id }: IncidentRow, said: Said): Promise<void> {
  if (said.device !== undefined) findDevice(registry(), said.device)
  if (said.into === undefined) return
  if (said.into === id) throw new GridvigilError('API_DECISION', `${id} cannot become part of itself`)
  const host = await findIncident(outages, said.into)
  if (!OPEN.includes(host.state)) throw wrongState(host, 'merge')
}

/** Whoever closes lets others work there. @throws API_INCIDENT_DANGER while it is fed back there and nobody has acknowledged that */
async function checkDanger(
  { registry, outages }: ApiContext,
  { id, device, decided }: IncidentRow
): Promise<void> {
  const [danger] = await dangersAt(registry(), outages, decided?.device ?? device, UNSEEN)
  if (danger === undefined) return
  const told = `${id} cannot be closed while alarm ${danger.id} is not acknowledged: ${danger.subject} may be live`
  throw new GridvigilError('API_INCIDENT_DANGER', told)
}

const wrongState = ({ id, state }: IncidentRow, act: DecisionAct): GridvigilError =>
  new GridvigilError('API_INCIDENT_STATE', `${id} is ${state}, so that it cannot take ${act}`)

/** Whether it stands so already. */
const wasSaid = ({ decided }: IncidentRow, act: DecisionAct, by: string): boolean =>
  (act === 'confirm' && decided?.state === 'open') || (act === 'claim' && decided?.claimedBy === by)

const saidBefore = ({ id }: IncidentRow, act: DecisionAct): GridvigilError =>
  new GridvigilError('API_INCIDENT_STATE', `${act} of ${id} was decided before, and nothing new is said`)
