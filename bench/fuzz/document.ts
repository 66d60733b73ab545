import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

/**
 * The project's own OpenAPI document as a judge of answers. It is read as any client would read it: nothing here knows
 * our schemas, and the validator of JSON Schema 2020-12 is ajv, not the library that wrote the document.
 */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: Schema
}

/** JSON Schema, as far as requests need it. */
export interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly format?: string
}

export interface Operation {
  readonly id: string
  /** Upper case. */
  readonly method: string
  /** `/v1/meters/{id}` */
  readonly path: string
  readonly tags: readonly string[]
  readonly parameters: readonly Parameter[]
  readonly body: { readonly type: string; readonly schema: Schema } | undefined
  readonly answers: ReadonlyMap<number, DocumentedAnswer>
}

export interface DocumentedAnswer {
  readonly description: string
  /** Check of a JSON body by media type, undefined where the body is text; empty where there is none. */
  readonly types: ReadonlyMap<string, ValidateFunction | undefined>
}

interface RawDocument {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>
  readonly components: object
}

interface RawOperation {
  readonly operationId: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, RawAnswer>>
}

interface RawAnswer {
  readonly description: string
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

export class ApiDocument {
  readonly operations: readonly Operation[]
  readonly isProblem: ValidateFunction
  readonly #patterns: readonly (readonly [pattern: RegExp, operation: Operation])[]

  /** @throws Error for a document that is no OpenAPI 3.1 or whose schemas ajv does not take */
  constructor(given: unknown) {
    const document = given as RawDocument
    if (!document.openapi.startsWith('3.1.')) throw new Error(`OpenAPI ${document.openapi}`)
    const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: false })
    ajv.addVocabulary(['components'])
    ajv.addFormat('date-time', text => !Number.isNaN(Date.parse(text)) && text.includes('T'))
    ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/)
    const { components } = document
    const compile = (schema: object): ValidateFunction => ajv.compile({ ...schema, components })
    this.isProblem = compile({ $ref: '#/components/schemas/Problem' })
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, raw]) => ({
        id: raw.operationId,
        method: method.toUpperCase(),
        path,
        tags: raw.tags ?? [],
        parameters: raw.parameters ?? [],
        body: bodyOf(raw),
        answers: answersOf(raw, compile)
      }))
    )
    // A segment that is written out comes before one that is a parameter.
    this.#patterns = [...this.operations]
      .sort((a, b) => a.path.split('{').length - b.path.split('{').length)
      .map(operation => [patternOf(operation.path), operation] as const)
  }

  /** The operation a request reaches, or the methods of its path when it has others; none for a path of nobody. */
  find(method: string, pathname: string): { operation: Operation | undefined; isPath: boolean } {
    const matching = this.#patterns.filter(([pattern]) => pattern.test(pathname))
    const wanted = method === 'HEAD' ? 'GET' : method
    const operation = matching.find(([, { method: own }]) => own === wanted)?.[1]
    return { operation, isPath: matching.length > 0 }
  }
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`)

function bodyOf({ requestBody }: RawOperation): Operation['body'] {
  const [entry] = Object.entries(requestBody?.content ?? {})
  return entry === undefined ? undefined : { type: entry[0], schema: entry[1].schema }
}

function answersOf(
  { responses }: RawOperation,
  compile: (schema: object) => ValidateFunction
): Operation['answers'] {
  return new Map(
    Object.entries(responses).map(([status, { description, content = {} }]) => {
      const types = Object.entries(content).map(
        ([type, { schema }]) => [type, type.includes('json') ? compile(schema) : undefined] as const
      )
      return [Number(status), { description, types: new Map(types) }]
    })
  )
}
