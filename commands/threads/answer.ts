import type { Answered, Ask } from '../site/port-client.ts'
import { packError } from './thrown.ts'

/** Calls the method that was asked for, of those that may be; what it throws is the answer then. */
export async function answerAsk<Port extends object>(
  port: Port,
  methods: readonly (keyof Port & string)[],
  { id, method, given }: Ask
): Promise<Answered> {
  try {
    const known = methods.find(name => name === method)
    if (known === undefined) throw new Error(`nobody may call ${method}`)
    const call = port[known] as (...given: readonly unknown[]) => Promise<unknown>
    return { type: 'answer', id, value: await call.apply(port, [...given]) }
  } catch (thrown) {
    return { type: 'answer', id, error: packError(thrown) }
  }
}
