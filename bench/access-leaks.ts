/** What shows in a text that should not be in it. */
export interface Leak {
  readonly who: string
  readonly where: string
  readonly what: string
}

export const OWN = 'KC000'
/** Every name and phone of a person begins so. */
export const PERSON = 'PERSON!'
/** Of whom somebody heard what he wrote down. */
export const HEARD = `${PERSON}heard!`
export const PERSONS = ['utility_manager', 'utility_phone', 'deputy', 'customer_electrician', 'duty_phone']

/** Ids and names of other customers: of hospitals, and of homes; those that were asked for may be told back. */
const FOREIGN =
  /KC(?!000\b)(?:\d{3}|BAD)|模拟医院(?!1\b)\d+|\b3304(?!0000000[01]\b)\d{8}\b|\b330[12]\d{8}\b|\b[AU]\d{7}\b/g

export function foreignIn(who: string, where: string, text: string, names: readonly string[]): Leak[] {
  const asked = names.reduce((rest, name) => rest.replaceAll(name, ''), text)
  return (asked.match(FOREIGN) ?? []).slice(0, 1).map(what => ({ who, where, what }))
}

export const withoutOwnPersons = (text: string): string =>
  PERSONS.reduce((rest, part) => rest.replaceAll(`${PERSON}${part}!${OWN}`, ''), text)

export function personsIn(who: string, where: string, text: string): Leak[] {
  const at = text.indexOf(PERSON)
  return at < 0 ? [] : [{ who, where, what: text.slice(at, at + 40) }]
}
