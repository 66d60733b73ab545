import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Caller, mayUse, STAFF } from '../../model/roles.ts'
import type { ApiContext } from '../context.ts'
import { admit } from '../http/guard.ts'
import { chooseLanguage } from '../http/language.ts'
import type { QueryGate } from '../http/query-gate.ts'
import type { BoardEntry } from '../../supply/need.ts'
import { renderAlarms } from './alarms.ts'
import { Boards, renderBoard } from './board.ts'
import { registerCustomerPage } from './customer.ts'
import { callerOf, registerEntry } from './entry.ts'
import { type Reader, readerOf } from './format.ts'
import { RateHistory } from './history.ts'
import { chooseMeter, Households } from './household.ts'
import { type HouseholdState, renderChooser, renderHousehold } from './household-section.ts'
import { html } from './html.ts'
import { registerIncidentPage } from './incident.ts'
import { lookOf } from './look.ts'
import { renderOutages } from './outages.ts'
import { renderAudit, renderRates, renderRooms, renderStatus } from './sections.ts'
import { contentPolicy, sendHtml } from './send.ts'
import { type LiveParts, renderShell } from './shell.ts'
import { renderWatch } from './watch.ts'

/** The live page `/` and its live parts. Rendered by the server; no build step, no outside resource. */
export function registerPage(app: FastifyInstance, context: ApiContext, gate: QueryGate): void {
  const history = new RateHistory(context)
  const households = new Households(context, gate)
  const boards = new Boards(context)
  app.addHook('onReady', async () => history.start())
  app.addHook('onClose', async () => history.stop())

  registerEntry(app, context)
  registerIncidentPage(app, context)
  registerCustomerPage(app, context)

  app.get('/', async (request, reply) => {
    const caller = callerOf(context, request)
    if (!mayUse(STAFF, caller)) return reply.redirect(homeOf(caller), 303)
    const view = await lookAt(request, context, households, boards)
    const nonce = randomBytes(16).toString('base64')
    const live = renderLive(view, context, history, caller)
    const chooser = renderChooser(context.registry(), view.meter, view.typed, view.reader)
    const page = renderShell({ ...view, nonce, live, chooser, simulated: context.simulated, caller })
    reply
      .header('content-security-policy', contentPolicy(nonce))
      .header('content-language', view.reader.language)
    return sendHtml(reply, page)
  })

  app.get('/page/live', async (request, reply) => {
    const caller = admit(context, request, STAFF)
    const view = await lookAt(request, context, households, boards)
    const parts = renderLive(view, context, history, caller)
    reply.header('content-security-policy', "default-src 'none'")
    return sendHtml(reply, html`${Object.values(parts)}`)
  })
}

interface View {
  readonly reader: Reader
  /** Dense number, undefined when there is none to show. */
  readonly meter: number | undefined
  /** The id in the field. */
  readonly typed: string
  readonly state: HouseholdState
  readonly board: readonly BoardEntry[]
}

/** Where those go who may not see the live page: a key customer to its own. */
function homeOf(caller: Caller | undefined): string {
  if (caller === undefined) return '/login'
  return caller.role === 'key-customer' ? `/key-customers/${encodeURIComponent(caller.subject)}` : '/account'
}

/** What a request wants to see. Anything odd in it is answered with words on the page, never with an error. */
async function lookAt(
  request: FastifyRequest,
  context: ApiContext,
  households: Households,
  boards: Boards
): Promise<View> {
  const query = request.query as { lang?: unknown; meter?: unknown }
  const reader = readerOf(chooseLanguage(query.lang, request.headers['accept-language']), context.timezone)
  const registry = context.registry()
  const asked = typeof query.meter === 'string' ? query.meter.trim().slice(0, 128).toWellFormed() : ''
  const meter = asked === '' ? chooseMeter(registry) : registry.meterNumbers.get(asked)
  const typed = asked === '' && meter !== undefined ? registry.meters.id.get(meter) : asked
  const board = await boards.read().catch(thrown => {
    request.log.warn({ err: thrown }, 'the page could not read the board of key customers')
    return []
  })
  const view = { reader, meter, typed, board }
  if (!context.ready()) return { ...view, state: { kind: 'starting' } }
  if (meter === undefined)
    return { ...view, state: asked === '' ? { kind: 'empty' } : { kind: 'unknown', id: asked } }
  try {
    return { ...view, state: { kind: 'shown', household: await households.read(meter) } }
  } catch (thrown) {
    request.log.warn({ err: thrown, meter: asked }, 'the page could not read a household')
    return { ...view, state: { kind: 'failed' } }
  }
}

function renderLive(
  { reader, state, board }: View,
  context: ApiContext,
  history: RateHistory,
  caller: Caller | undefined
): LiveParts {
  const look = lookOf(context, reader, caller)
  return {
    status: renderStatus(context, reader),
    board: renderBoard(board, context.clock.now(), look),
    rates: renderRates(context, history, reader),
    outages: renderOutages(context, look),
    alarms: renderAlarms(context, look),
    watch: renderWatch(context, look),
    audit: renderAudit(context, reader),
    household: renderHousehold(state, reader),
    rooms: renderRooms(context, reader)
  }
}
