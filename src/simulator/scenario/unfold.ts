import { GridvigilError } from '../../errors.ts'
import { Chance } from '../city/chance.ts'
import { ABC, phaseBits } from '../grid/grid.ts'
import type { GridIndex } from '../grid/grid-index.ts'
import type { Happenings, Loss, Plan, Span } from './happenings.ts'
import { drawEvents } from './random-events.ts'
import type { Scenario, Step } from './schema.ts'
import { Targets } from './targets.ts'

type Draft = {
  -readonly [K in keyof Happenings]: Happenings[K] extends readonly (infer T)[] ? T[] : Happenings[K]
}

/** How long a gateway is away that is started again. */
const RESTART_MS = 20_000

/**
 * What a scenario means in a grid. @param start of the run, epoch ms @param seed decides what queries pick
 * @throws SIMULATOR_SCENARIO naming the step
 */
export function unfoldScenario(
  scenario: Scenario,
  index: GridIndex,
  start: number,
  seed: string
): Happenings {
  const targets = new Targets(index, new Chance(`${seed}/${scenario.name}/targets`))
  const draft: Draft = {
    start,
    end: start + Math.round(scenario.duration / scenario.pace),
    pace: scenario.pace,
    failures: [],
    services: [],
    switchings: [],
    neutrals: [],
    sources: [],
    losses: [],
    restarts: [],
    reboots: [],
    troubles: [],
    pushes: [],
    plants: [],
    plans: []
  }
  scenario.steps.forEach((step, number) => {
    try {
      unfoldStep(step, draft, targets, index)
    } catch (thrown) {
      if (!(thrown instanceof GridvigilError)) throw thrown
      throw new GridvigilError('SIMULATOR_SCENARIO', `${scenario.name}, step ${number + 1}: ${thrown.detail}`)
    }
  })
  if (scenario.random !== undefined)
    drawEvents(scenario.random, index, draft, new Chance(`${seed}/${scenario.name}/random`))
  return draft
}

function unfoldStep(step: Step, draft: Draft, targets: Targets, index: GridIndex): void {
  const start = draft.start + Math.round(step.at / draft.pace)
  if (start >= draft.end)
    throw new GridvigilError('SIMULATOR_SCENARIO', 'it begins after the end of the scenario')
  const span = { start, end: step.for === undefined ? Infinity : start + Math.round(step.for / draft.pace) }
  if (step.fail !== undefined) failSomething(step, step.fail, span, draft, targets)
  else if (step.open !== undefined || step.close !== undefined) throwSwitch(step, span, draft, targets)
  else if (step.lose !== undefined) draft.losses.push({ ...span, ...lossOf(step, step.lose, targets, index) })
  else if (step.plan !== undefined) draft.plans.push(planOf(step, step.plan, draft, targets))
  else if (step.cancel !== undefined) cancelPlan(step.cancel.plan, start, draft)
  else if (step.restart !== undefined)
    draft.restarts.push({ start, end: step.for === undefined ? start + RESTART_MS : span.end })
  else unfoldOther(step, span, draft, targets)
}

function unfoldOther(step: Step, span: Span, draft: Draft, targets: Targets): void {
  const named = <T extends number>(
    kind: 'device' | 'customer' | 'terminal' | 'keyCustomer',
    number: T
  ): T => {
    if (step.as !== undefined) targets.name(step.as, { kind, number })
    return number
  }
  const trouble = (kind: Draft['troubles'][number]['kind'], on: Step['stopClock'], phases = 0): void => {
    if (on !== undefined)
      draft.troubles.push({ ...span, customer: named('customer', targets.customer(on.on)), kind, phases })
  }
  trouble('meter-fuse', step.blowMeterFuse, phaseBits(step.blowMeterFuse?.phases ?? ''))
  trouble('exchanged', step.exchangeMeter)
  trouble('removed', step.removeMeter)
  trouble('relay', step.openRelay)
  trouble('breaker', step.openOwnBreaker)
  trouble('clock', step.stopClock)
  const { breakNeutral, feedFrom, reboot, push, plant } = step
  if (breakNeutral !== undefined)
    draft.neutrals.push({ ...span, device: named('device', targets.device(breakNeutral.on)) })
  if (feedFrom !== undefined)
    draft.sources.push({
      ...span,
      device: named('device', targets.device(feedFrom.on)),
      source: feedFrom.source
    })
  if (reboot !== undefined)
    draft.reboots.push({
      at: span.start,
      terminal: named('terminal', targets.terminal(reboot.on)),
      resends: reboot.resends
    })
  if (push !== undefined)
    draft.pushes.push({
      at: span.start,
      terminal: named('terminal', targets.terminal(push.on)),
      what: push.what
    })
  if (plant !== undefined)
    draft.plants.push({
      ...span,
      keyCustomer: named('keyCustomer', targets.keyCustomer(plant.on)),
      does: plant.does
    })
}

function failSomething(
  step: Step,
  { on, phases, cause = '', plan = '' }: NonNullable<Step['fail']>,
  span: Span,
  draft: Draft,
  targets: Targets
): void {
  if (plan !== '' && !draft.plans.some(({ id }) => id === plan))
    throw new GridvigilError('SIMULATOR_SCENARIO', `no step before plans ${plan}`)
  const thing = targets.find(on)
  if (step.as !== undefined) targets.name(step.as, thing)
  if (thing.kind === 'customer') draft.services.push({ ...span, customer: thing.number, cause })
  else if (thing.kind === 'device')
    draft.failures.push({
      ...span,
      device: thing.number,
      phases: phases === undefined ? ABC : phaseBits(phases),
      cause,
      plan
    })
  else
    throw new GridvigilError('SIMULATOR_SCENARIO', `a ${thing.kind} does not fail; devices and customers do`)
}

function throwSwitch(step: Step, span: Span, draft: Draft, targets: Targets): void {
  const given = step.open ?? step.close
  if (given === undefined) return
  const thing = targets.find(given.on)
  if (step.as !== undefined) targets.name(step.as, thing)
  if (thing.kind !== 'device' && thing.kind !== 'tie')
    throw new GridvigilError('SIMULATOR_SCENARIO', `a ${thing.kind} cannot be opened or closed`)
  draft.switchings.push({
    ...span,
    device: thing.kind === 'device' ? thing.number : -1,
    tie: thing.kind === 'tie' ? thing.number : -1,
    isOpen: step.open !== undefined,
    isReported: given.reported
  })
}

function lossOf(
  step: Step,
  { scope, on }: NonNullable<Step['lose']>,
  targets: Targets,
  index: GridIndex
): Omit<Loss, 'start' | 'end'> {
  const { grid } = index
  if (scope === 'gateway')
    return { scope, subject: 'gateway', terminals: [...grid.terminals.keys()], customers: [] }
  if (on === undefined) throw new GridvigilError('SIMULATOR_SCENARIO', `lose: scope ${scope} needs on`)
  const thing = targets.find(on)
  if (step.as !== undefined) targets.name(step.as, thing)
  if (scope === 'meter') {
    const customer = thing.kind === 'customer' ? thing.number : targets.customer(on)
    return { scope, subject: grid.customers.meter[customer] ?? '', terminals: [], customers: [customer] }
  }
  if (scope === 'branch') {
    const device = thing.kind === 'device' ? thing.number : targets.device(on)
    const customers = index.customersAt(device)
    const terminal = grid.terminals[grid.customers.terminal[customers[0] ?? -1] ?? -1]
    return { scope, subject: terminal?.id ?? '', terminals: [], customers }
  }
  const number = thing.kind === 'terminal' ? thing.number : targets.terminal(on)
  const { id = '', carrier = '', cell = '' } = grid.terminals[number] ?? {}
  const subject = { terminal: id, carrier, cell }[scope]
  const column = scope === 'terminal' ? 'id' : scope
  const all = [...grid.terminals.keys()].filter(other => grid.terminals[other]?.[column] === subject)
  return { scope, subject, terminals: all, customers: [] }
}

function planOf(
  step: Step,
  { on, from, to, type }: NonNullable<Step['plan']>,
  draft: Draft,
  targets: Targets
): Plan {
  return {
    id: step.as ?? `PLAN-${draft.plans.length + 1}`,
    type,
    devices: on.map(target => targets.device(target)),
    start: draft.start + Math.round(from / draft.pace),
    end: draft.start + Math.round(to / draft.pace),
    announcedAt: draft.start + Math.round(step.at / draft.pace),
    cancelledAt: undefined
  }
}

function cancelPlan(id: string, at: number, draft: Draft): void {
  const place = draft.plans.findIndex(plan => plan.id === id)
  const plan = draft.plans[place]
  if (plan === undefined) throw new GridvigilError('SIMULATOR_SCENARIO', `no step before plans ${id}`)
  draft.plans[place] = { ...plan, cancelledAt: at }
}
