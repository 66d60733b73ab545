import { z } from 'zod'
import type { Registry } from '../../registry/lookup/registry.ts'
import { count } from './schemas.ts'

/** What is said of a version of the registry: its name, and how much is in it. */
export const registryFacts = {
  version: count,
  hash: z.string(),
  meters: count,
  usagePoints: count,
  devices: count,
  terminals: count,
  keyCustomers: count
}

export const showRegistryFacts = (registry: Registry) => ({
  version: registry.version,
  hash: registry.hash,
  meters: registry.meterNumbers.size,
  usagePoints: registry.usagePoints.size,
  devices: registry.network.ids.length,
  terminals: registry.terminals.size,
  keyCustomers: registry.keyCustomers.size
})
