import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { SWITCH_STATES } from '../../model/decisions.ts'
import { STAFF } from '../../model/roles.ts'
import type { Network } from '../../registry/lookup/network.ts'
import type { ToldSwitch } from '../context.ts'
import { defineRoute, InvalidRequest, type Route } from '../http/route.ts'
import {
  AHEAD_MS,
  component,
  showTime,
  textParameter,
  timeOut,
  timeParameter,
  timezoneOut
} from '../shapes/schemas.ts'

const MAX_DEVICE = 128
const MAX_ORIGIN = 64

const stateOut = z.enum(SWITCH_STATES)

const switchOut = component(
  'SwitchState',
  z.object({
    device: z.string().meta({ description: 'a device, whose edge to what feeds it is meant, or a tie' }),
    state: stateOut,
    normal: stateOut.meta({ description: 'as the registry says it stands in normal operation' }),
    time: timeOut.meta({ description: 'when it was operated' }),
    origin: z.string().nullable().meta({ description: 'who said so' }),
    toldAt: timeOut.meta({ description: 'when this server was told' })
  })
)

const switchesOut = component(
  'SwitchStateList',
  z.object({ timezone: timezoneOut, items: z.array(switchOut) })
)

const normalOf = (network: Network, edge: number): 'open' | 'closed' =>
  network.normallyOpen[edge] === 1 ? 'open' : 'closed'

function showSwitch(network: Network, edge: number, told: ToldSwitch): z.input<typeof switchOut> {
  const { device, state, time, origin, toldAt } = told
  return {
    ...{ device, state, normal: normalOf(network, edge), time: showTime(time) },
    ...{ origin: origin || null, toldAt: showTime(toldAt) }
  }
}

export const switchStateRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/switch-states',
    operation: 'listSwitchStates',
    tag: 'network',
    access: STAFF,
    summary:
      'Switches and ties that stand otherwise than normal, as far as this server was told, in order of id',
    response: switchesOut,
    async handle({ registry, switchingDesk, timezone }) {
      const told = await switchingDesk.switchStates()
      const { network } = registry()
      const items: z.input<typeof switchOut>[] = []
      for (const one of told.values()) {
        const edge = network.edgeNumbers.get(one.device)
        // The registry may have lost it since, or have taken the new state for normal.
        if (edge === undefined || normalOf(network, edge) === one.state) continue
        items.push(showSwitch(network, edge, one))
      }
      return { timezone, items: items.sort((one, other) => (one.device < other.device ? -1 : 1)) }
    }
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/switch-states',
    operation: 'tellSwitchState',
    tag: 'network',
    access: ['dispatcher', 'admin'],
    summary: 'Tells how a switch or tie stands now; who feeds whom follows from it at once',
    body: z.strictObject({
      device: textParameter(MAX_DEVICE, 'device or tie of the registry'),
      state: z.enum(SWITCH_STATES),
      time: timeParameter.optional().meta({ description: 'when it was operated; now when left out' }),
      origin: z.string().max(MAX_ORIGIN).optional().meta({ description: 'who says so, such as `scada`' })
    }),
    response: switchOut,
    errors: ['API_DEVICE_UNKNOWN', 'API_NOT_READY', 'LOG_WRITE_FAILED', 'LOG_CLOSED'],
    async handle({ registry, switchingDesk }, { body }, { actor }) {
      const { device, state, time = actor.at, origin = '' } = body
      const { network } = registry()
      const edge = network.edgeNumbers.get(device)
      if (edge === undefined)
        throw new GridvigilError('API_DEVICE_UNKNOWN', `no device or tie ${JSON.stringify(device)}`)
      if (time > actor.at + AHEAD_MS)
        throw new InvalidRequest([
          { path: 'body.time', message: 'lies ahead; tell it when it has been operated' }
        ])
      return showSwitch(network, edge, await switchingDesk.tellSwitch({ device, state, time, origin }, actor))
    }
  })
]
