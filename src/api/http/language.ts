import type { Language } from '../../model/language.ts'

/** The language asked for in the query, or the best of Accept-Language (RFC 9110 12.5.4), or English. */
export function chooseLanguage(asked: unknown, acceptLanguage: string | undefined): Language {
  if (asked === 'zh-CN' || asked === 'zh') return 'zh-CN'
  if (asked === 'en') return 'en'
  let best: Language = 'en'
  let bestWeight = 0
  for (const range of (acceptLanguage ?? '').split(',').slice(0, 20)) {
    const [tag = '', ...parameters] = range.trim().split(';')
    const weightText = parameters.map(it => /^\s*q=([\d.]+)\s*$/.exec(it)?.[1]).find(it => it !== undefined)
    const weight = weightText === undefined ? 1 : Number(weightText)
    const language = /^zh\b/i.test(tag) ? 'zh-CN' : /^en\b/i.test(tag) ? 'en' : undefined
    if (language !== undefined && weight > bestWeight) {
      best = language
      bestWeight = weight
    }
  }
  return best
}
