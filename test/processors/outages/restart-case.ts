import assert from 'node:assert/strict'
import type { OutageLines } from '../../../src/model/outages.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { seededRandom } from '../../../src/random.ts'
import { type PlayedCity, playCity } from '../../support/outage-city.ts'
import { opened, type OutageTape, play } from '../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../support/outage-registry.ts'
import { busyTown } from './busy-town.ts'

const CITY = `
name: restarts
title: { en: a, zh-CN: a }
duration: 4h
collection: { gasps: batched }
random: { outages: 8, losses: 2, shortest: 2m, longest: 25m }
steps:
  - { at: 50m, for: 30s, restart: { on: gateway } }
  - { at: 60m, for: 15m, lose: { scope: cell, on: { kind: terminal } } }
  - { at: 80m, reboot: { on: { kind: terminal }, resends: true } }
  - { at: 90m, for: 30m, lose: { scope: branch, on: { kind: transformer } } }
  - { at: 95m, for: 40m, lose: { scope: carrier, on: { kind: terminal } } }
`

/** Records, what is known of the network, and what a processor says of them that is never restarted. */
export interface RestartCase {
  readonly tape: Pick<OutageTape, 'inputs'>
  readonly registries: readonly Registry[]
  readonly truth: OutageLines
}

export function townCase(): RestartCase {
  const [tape, registries] = [busyTown(), [drawRegistry(TOWN)]]
  const truth = play(tape, registries)
  const states = ['suspected', 'open', 'updated', 'restored', 'closed', 'withdrawn']
  assertTells(truth, states, ['terminal', 'branch', 'cell'])
  return { tape, registries, truth }
}

export function cityCase(seed: string): RestartCase {
  const city: PlayedCity = playCity(seed, 300, CITY)
  const truth = play(city, [city.registry])
  assertTells(truth, ['open', 'restored', 'closed'], ['terminal'])
  assert.ok(opened(truth).length > 1, 'incidents')
  return { tape: city, registries: [city.registry], truth }
}

/** A processor that ends before every so many records and goes on from its checkpoint says what it would have said. */
export function assertRestarts({ tape, registries, truth }: RestartCase, chunk: number): void {
  const said = play(tape, registries, place => place % chunk === 0)
  assert.deepEqual(said, truth, `chunks of ${chunk}`)
}

export function assertRestartsAtRandom({ tape, registries, truth }: RestartCase, count: number): void {
  const random = seededRandom('restarts')
  const places = new Set(Array.from({ length: count }, () => random.integer(tape.inputs.length)))
  assert.deepEqual(
    play(tape, registries, place => places.has(place)),
    truth,
    `at ${[...places]}`
  )
}

function assertTells(said: OutageLines, states: readonly string[], scopes: readonly string[]): void {
  for (const state of states)
    assert.ok(
      said.incidents.some(line => line.state === state),
      `${state} is among ${said.incidents.map(line => line.state)}`
    )
  for (const scope of scopes)
    assert.ok(
      said.communication.some(line => line.scope === scope),
      `${scope} is among ${said.communication.map(line => line.scope)}`
    )
}
