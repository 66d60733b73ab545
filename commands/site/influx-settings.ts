import { readFileSync } from 'node:fs'
import type { Config } from '../../src/config.ts'
import { asError, GridvigilError } from '../../src/errors.ts'
import type { InfluxSettings } from '../threads/messages.ts'

/**
 * How to reach InfluxDB; undefined where there is none. Secrets are read from their files here, at the start.
 * @throws CONFIG_BAD_VALUE for a file that cannot be read or is empty, a store without an address, a history that would be forgotten
 */
export function influxSettings(config: Config): InfluxSettings | undefined {
  const url = config['influxdb.url']
  if (url === '') {
    if (config['series.store'] === 'influxdb')
      throw new GridvigilError('CONFIG_BAD_VALUE', 'series.store influxdb needs influxdb.url')
    return undefined
  }
  const [raw, past] = [config['influxdb.rawDays'], config['validation.pastDays']]
  if (raw > 0 && raw <= past)
    throw new GridvigilError(
      'CONFIG_BAD_VALUE',
      `influxdb.rawDays must be more than validation.pastDays (${past}): late readings are judged by what is stored`
    )
  return {
    address: {
      ...{ url, database: config['influxdb.database'], organization: config['influxdb.organization'] },
      token: secretIn(config, 'influxdb.tokenFile'),
      username: config['influxdb.username'],
      password: secretIn(config, 'influxdb.passwordFile'),
      timeoutMs: config['influxdb.timeoutMs']
    },
    retention: { kept: 0, raw, final: config['influxdb.finalDays'] }
  }
}

function secretIn(config: Config, key: 'influxdb.tokenFile' | 'influxdb.passwordFile'): string {
  const path = config[key]
  if (path === '') return ''
  let secret: string
  try {
    secret = readFileSync(path, 'utf8').trim()
  } catch (thrown) {
    throw new GridvigilError('CONFIG_BAD_VALUE', `${key}: ${asError(thrown).message}`, { cause: thrown })
  }
  if (secret === '') throw new GridvigilError('CONFIG_BAD_VALUE', `${key}: ${path} is empty`)
  return secret
}
