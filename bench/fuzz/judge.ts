import type { ApiDocument } from './document.ts'

/** An answer as it came, its body as text. */
export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** What is wrong with an answer; `sign` names the kind of defect, so that each is told once. */
export interface Finding {
  readonly sign: string
  readonly detail: string
}

/** Pages and documents beside the contract: they are asked too, and answer with what they have or with a problem. */
const BESIDE = /^\/(?:\/?$|api|docs\/|login|welcome|account|page\/live|v1\/openapi\.json)/

/**
 * Compares an answer with what the document says of its request.
 * @param target path and query as the server sees them
 */
export function judge(
  document: ApiDocument,
  method: string,
  target: string,
  answer: Answered
): Finding | undefined {
  const pathname = target.split('?')[0] ?? '/'
  const { operation, isPath } = document.find(method, pathname)
  const of = operation?.id ?? (isPath ? 'other-method' : BESIDE.test(pathname) ? 'beside' : 'unknown-route')
  const finding = (what: string): Finding => ({
    sign: `${of}${method === 'HEAD' ? ' HEAD' : ''}: ${what}`,
    detail: `${answer.status} ${String(answer.headers['content-type'])} ${answer.body.slice(0, 600)}`
  })
  if (answer.status >= 500) return finding(`status ${answer.status}`)
  if (answer.headers['x-content-type-options'] !== 'nosniff') return finding('no nosniff')
  const type = String(answer.headers['content-type'] ?? '').split(';')[0] ?? ''
  if (method === 'HEAD' && answer.body !== '') return finding('HEAD with a body')
  const problem = type === 'application/problem+json' && method !== 'HEAD' ? answer.body : undefined
  const code = problem === undefined ? '' : codeOf(document, problem, answer.status)
  if (code === undefined) return finding(`no valid problem, ${answer.status}`)
  if (operation === undefined) {
    const isRight = of === 'beside' ? answer.status < 500 : answer.status >= 400 && type.includes('problem')
    if (!isRight) return finding(`status ${answer.status} ${type}`)
    return of === 'other-method' && answer.status === 405 && !answer.headers.allow
      ? finding('no Allow')
      : undefined
  }
  const documented = operation.answers.get(answer.status)
  if (documented === undefined) return finding(`undocumented status ${answer.status}`)
  if (documented.types.size === 0) return answer.body === '' ? undefined : finding('an undocumented body')
  if (method === 'HEAD' && type === '') return undefined
  if (!documented.types.has(type)) return finding(`undocumented type ${type} of ${answer.status}`)
  if (code !== '' && !documented.description.includes(`\`${code}\``))
    return finding(`undocumented code ${code} of ${answer.status}`)
  const isValid = documented.types.get(type)
  if (method === 'HEAD' || isValid === undefined) return undefined
  const parsed = parse(answer.body)
  if (parsed === undefined) return finding('no JSON')
  if (isValid(parsed)) return undefined
  const error = isValid.errors?.[0]
  return finding(`schema mismatch at ${error?.schemaPath} ${error?.message}`)
}

/** The code of a problem document; undefined when it is not valid or says another status than the answer. */
function codeOf(document: ApiDocument, body: string, status: number): string | undefined {
  const parsed = parse(body)
  if (!document.isProblem(parsed)) return undefined
  const { code, status: said } = parsed as { code: string; status: number }
  return said === status ? code : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
