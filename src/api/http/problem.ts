import { z } from 'zod'
import { ERRORS, type ErrorCode, GridvigilError } from '../../errors.ts'
import { ImportRefused } from '../../registry/read/issues.ts'
import type { Language } from '../../model/language.ts'
import { issueOut, SHOWN_ISSUES } from '../shapes/registry-issues.ts'
import { InvalidRequest } from './route.ts'
import { component, count } from '../shapes/schemas.ts'
import { titleOf } from './titles.ts'

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** RFC 9457 problem details, with our code, remedy and the places in the request that are wrong. */
export const problemOut = component(
  'Problem',
  z.object({
    type: z.string().meta({ description: 'URI reference of the documentation of `code`' }),
    title: z.string().meta({ description: 'in the language of Accept-Language: zh-CN or en' }),
    status: z.int(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    detail: z.string(),
    remedy: z.string(),
    instance: z.string().meta({ description: 'the path that was asked for' }),
    request: z.string().meta({ description: 'id of the request, as in the log' }),
    retry: z.boolean().meta({ description: 'whether the same request may succeed later' }),
    path: z.string().optional().meta({ description: 'the first offending place, for example `query.from`' }),
    issues: z
      .array(issueOut)
      .optional()
      .meta({ description: `what is wrong in the files that were sent, the first ${SHOWN_ISSUES}` }),
    issuesTotal: count.optional().meta({ description: 'how many issues there are' }),
    findings: z.array(z.object({ path: z.string(), message: z.string() })).optional()
  })
)

export type Problem = z.input<typeof problemOut>

/** What Fastify throws for requests it cannot read: a status below 500 and a message. */
interface ClientError {
  readonly statusCode: number
  readonly code?: string
  readonly message: string
}

const isClientError = (thrown: unknown): thrown is ClientError =>
  thrown instanceof Error &&
  'statusCode' in thrown &&
  typeof thrown.statusCode === 'number' &&
  thrown.statusCode >= 400 &&
  thrown.statusCode < 500

/** The problem document of anything thrown. What is not ours tells nothing of its inside. */
export function describeProblem(
  thrown: unknown,
  request: { url: string; id: string },
  language: Language
): Problem {
  const code = codeOf(thrown)
  const { remedy, retry, status } = ERRORS[code]
  const isOurs = thrown instanceof GridvigilError
  const detail = isOurs ? thrown.detail : isClientError(thrown) ? refusedByFastify(thrown) : ''
  const { issues = [], total = 0 } = thrown instanceof ImportRefused ? thrown : {}
  const findings = thrown instanceof InvalidRequest ? thrown.findings : []
  return {
    type: `/docs/errors.md#${code}`,
    title: titleOf(code, language),
    status,
    code,
    detail: detail === '' ? ERRORS[code].message : detail,
    remedy,
    instance: request.url.split('?')[0] ?? '/',
    request: request.id,
    retry,
    ...(issues.length > 0 && { issues: issues.slice(0, SHOWN_ISSUES), issuesTotal: total }),
    ...(findings[0] === undefined ? {} : { path: findings[0].path, findings: [...findings] })
  }
}

function codeOf(thrown: unknown): ErrorCode {
  if (thrown instanceof GridvigilError) return thrown.code
  return isClientError(thrown) ? (CLIENT_CODES[thrown.statusCode] ?? 'API_BAD_REQUEST') : 'API_INTERNAL'
}

/** What Fastify and its plugins refuse by themselves; any other is a request that cannot be read. */
const CLIENT_CODES: Readonly<Record<number, ErrorCode>> = { 413: 'API_TOO_LARGE', 415: 'API_MEDIA_TYPE' }

/** Bodies that Fastify cannot read, in words that say what to send. */
const UNREADABLE: Readonly<Record<string, string>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY:
    'the body is empty though its Content-Type says JSON: send an object, `{}` where there is nothing to say, or no Content-Type',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not JSON though its Content-Type says so'
}

const refusedByFastify = ({ code = '', message }: ClientError): string => UNREADABLE[code] ?? message
