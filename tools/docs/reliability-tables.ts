import type { Parameter, ReliabilityProfile, Variant } from '../../src/reliability/profile.ts'
import { DL836, IEEE1366 } from '../../src/reliability/profiles.ts'
import { REPEATED } from '../../src/reliability/repeated.ts'
import { code, fillParts, table } from './marked.ts'

const PARAMETER_HEAD = ['parameter', 'value', 'unit', 'source', 'why']

function parameterRows(parameters: object): string[][] {
  return Object.entries(parameters).map(([name, parameter]: [string, Parameter<unknown>]) => [
    code(name),
    [parameter.value]
      .flat()
      .map(value => code(String(value)))
      .join(', '),
    parameter.unit === 'rule' ? '' : parameter.unit,
    parameter.isUnconfirmed === true ? `${parameter.source} (unconfirmed)` : parameter.source,
    parameter.why
  ])
}

/** Names that differ by their variant alone share a row. */
function indexRows({ indices, variants }: ReliabilityProfile): string[][] {
  return [...new Set(indices.map(({ name }) => name))].map(name => {
    const named = indices.filter(it => it.name === name)
    const [{ title, unit }] = named
    const leftOut = named.map(({ variant }) => leftOutOf(variants.find(({ id }) => id === variant)))
    return [code(name), title.zh, title.en, unit, leftOut.join('; and ')]
  })
}

const leftOutOf = (variant: Variant | undefined): string =>
  variant === undefined || variant.leavesOut.length === 0 ? 'nothing' : variant.leavesOut.map(code).join(', ')

export function renderReliability(present: string): string {
  const indexHead = ['index', '名称', 'meaning', 'unit', 'leaves out']
  return fillParts(present, {
    dl836: [table(indexHead, indexRows(DL836)), table(PARAMETER_HEAD, parameterRows(DL836.parameters))].join(
      '\n\n'
    ),
    ieee1366: [
      table(indexHead, indexRows(IEEE1366)),
      table(PARAMETER_HEAD, parameterRows({ ...IEEE1366.parameters, ...IEEE1366.majorEvents }))
    ].join('\n\n'),
    repeated: table(PARAMETER_HEAD, parameterRows(REPEATED))
  })
}
