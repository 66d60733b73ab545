/** Something happens so often, and lasts so long. */
const [EVERY_S, LASTS_S] = [9, 14]
/** What is scripted goes so many times as fast as it is written. */
const PACE = 20

/** A scenario of so many seconds: hospitals in turn lose feeds and get them back, and try their generators and UPS. */
export function hospitalsInTurn(seconds: number, hospitals: number): string {
  const does = [
    (pick: number) => `fail: { on: { kind: feed, feed: main, pick: ${pick} } }`,
    (pick: number) => `plant: { on: { kind: hospital, pick: ${pick} }, does: generator-test }`,
    (pick: number) => `fail: { on: { kind: feed-line, feed: standby, pick: ${pick} } }`,
    (pick: number) => `plant: { on: { kind: hospital, pick: ${pick} }, does: ups-on-battery }`,
    (pick: number) => `plant: { on: { kind: hospital, pick: ${pick} }, does: parallel }`
  ]
  const steps = Array.from({ length: Math.floor((seconds - LASTS_S) / EVERY_S) }, (_, place) => {
    const step = does[place % does.length]?.(place % hospitals)
    return `  - at: ${place * EVERY_S * PACE}s\n    ${step}\n    for: ${LASTS_S * PACE}s\n`
  })
  return `name: hospitals-in-turn
title: { en: hospitals in turn, zh-CN: 医院轮流 }
duration: ${seconds * PACE}s
pace: ${PACE}
steps:
${steps.join('')}`
}
