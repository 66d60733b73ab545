import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GridvigilError, isError } from '../../errors.ts'
import type { CommandKey } from '../../ledger/port.ts'
import type { ApiContext } from '../context.ts'
import type { Answer, Route } from './route.ts'

const KEY = /^[\x21-\x7e]{1,128}$/

/**
 * Runs a command once for each Idempotency-Key of a caller: whoever repeats it, because the answer was lost on its
 * way, is told that answer again and nothing is done. Keys are remembered for a day.
 *
 *   begin ─ known? ─> answer of then | API_KEY_RUNNING | API_KEY_REUSED | API_KEY_SECRET
 *     └─ new ─> run ─ done ─> keep the answer
 *                └─ refused (4xx): nothing was changed, the key is free again
 */
export async function runOnce(
  context: ApiContext,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: string,
  run: () => Promise<Answer>
): Promise<Answer> {
  const key = request.headers['idempotency-key']
  if (key === undefined) return run()
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new GridvigilError('API_BAD_REQUEST', 'Idempotency-Key must be 1 to 128 visible ASCII characters')
  }
  const command = { caller, key, fingerprint: fingerprintOf(request, route) }
  const known = await context.ledger.beginCommand(command, context.clock.now())
  if (known === undefined) return runAndKeep(context, route, command, run)
  if (known.fingerprint !== command.fingerprint) throw new GridvigilError('API_KEY_REUSED', key)
  if (known.answer === undefined) {
    const isCutOff = known.at < context.startedAt
    throw new GridvigilError(isCutOff ? 'API_KEY_CUT_OFF' : 'API_KEY_RUNNING', key)
  }
  if (known.answer.body === '') throw new GridvigilError('API_KEY_SECRET', key)
  reply.header('idempotency-replayed', 'true')
  return { status: known.answer.status, body: JSON.parse(known.answer.body) }
}

async function runAndKeep(
  { ledger }: ApiContext,
  route: Route,
  command: CommandKey,
  run: () => Promise<Answer>
): Promise<Answer> {
  let answer: Answer
  try {
    answer = await run()
  } catch (thrown) {
    // After a failure of ours nobody knows what was done: the key stays taken.
    if (isRefusal(thrown)) await ledger.dropCommand(command)
    throw thrown
  }
  const body = route.isSecret ? '' : JSON.stringify(answer.body)
  await ledger.finishCommand(command, { status: answer.status, body })
  return answer
}

/** Whether nothing was done: the request was refused, by us or by the parser, or had no turn. */
function isRefusal(thrown: unknown): boolean {
  if (isError(thrown)) return thrown.status < 500 || NO_TURN.includes(thrown.code)
  if (!(thrown instanceof Error)) return false
  const { statusCode } = thrown as { statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode < 500
}

const NO_TURN: readonly string[] = ['API_BUSY', 'API_NOT_READY']

/**
 * What makes two requests the same. Of a body with a password nothing is kept, since a fast hash of it would undo the slow
 * one; an upload is known by its address alone: importing it twice changes nothing.
 */
function fingerprintOf({ method, url, body }: FastifyRequest, { hidesBody }: Route): string {
  return createHash('sha256')
    .update(`${method} ${url}\n${hidesBody ? '' : JSON.stringify(body ?? null)}`)
    .digest('hex')
}
