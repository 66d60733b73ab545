import type { Registry } from '../../registry/lookup/registry.ts'

/**
 * What is a key customer's own: the usage points of its accounts, and the meters that measure or measured them. Nothing
 * is its own when the registry does not know the customer.
 */
export function isOwnPoint(registry: Registry, keyCustomer: string, usagePoint: string): boolean {
  const account = registry.usagePoints.get(usagePoint)?.account ?? ''
  return account !== '' && (registry.keyCustomers.get(keyCustomer)?.accounts.includes(account) ?? false)
}

/**
 * A meter is its own only when it has never measured anything else: its history would tell of another customer.
 */
export function isOwnMeter(registry: Registry, keyCustomer: string, id: string): boolean {
  const meter = registry.meterNumbers.get(id)
  if (meter === undefined) return false
  const { usagePoint, earlier } = registry.meters
  for (let row = meter; row >= 0; row = earlier[row] ?? -1) {
    if (!isOwnPoint(registry, keyCustomer, usagePoint.get(row))) return false
  }
  return true
}
