import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  buildConfig,
  type Config,
  environmentName,
  flagName,
  printConfig,
  readConfigFile,
  readEnvironment,
  SETTINGS,
  testEnvironment
} from '../src/config.ts'
import { isError } from '../src/errors.ts'

/** The contract: changing a default needs a changelog line marked CHANGE and a new row here. */
const DEFAULTS: Config = {
  data: 'data',
  registry: '',
  'registry.maxRejectsPercent': 2,
  credentials: '',
  timezone: 'Asia/Shanghai',
  'http.host': '127.0.0.1',
  'http.port': 8080,
  'http.anonymousRole': 'none',
  'http.maxRequestsPerSecond': 500,
  'http.trustedProxies': '',
  'http.maxStreams': 100,
  'http.maxUploadMb': 1024,
  'mqtt.host': '127.0.0.1',
  'mqtt.port': 1883,
  'mqtt.maxPacketBytes': 1048576,
  'mqtt.connectTimeoutMs': 10000,
  'mqtt.drainTimeoutMs': 10000,
  'log.segmentBytes': 67108864,
  'log.commitDelayMs': 1,
  'log.commitBytes': 65536,
  'log.retryMs': 1000,
  'log.retentionDays': 7,
  'log.retentionDiskPercent': 20,
  'processor.batchRecords': 256,
  'processor.batchBytes': 4194304,
  'processor.checkpointSeconds': 10,
  'processor.windowReadings': 32,
  'validation.pastDays': 45,
  'validation.futureMinutes': 5,
  'validation.maxReadings': 10000,
  'validation.limitFactor': 1.2,
  'validation.minimumSteps': 5,
  'pings.metersPerMinute': 12,
  'series.store': 'duckdb',
  'influxdb.url': '',
  'influxdb.database': 'gridvigil',
  'influxdb.organization': '',
  'influxdb.tokenFile': '',
  'influxdb.username': '',
  'influxdb.passwordFile': '',
  'influxdb.timeoutMs': 30000,
  'influxdb.rawDays': 0,
  'influxdb.finalDays': 0,
  'series.memoryMb': 1024,
  'series.threads': 1,
  'series.flushRows': 200000,
  'series.flushMs': 1000,
  'series.clusterQuietMinutes': 10,
  'series.curveDays': 35,
  'demo.meters': 300,
  'demo.historyDays': 7,
  'log.level': 'info'
}

test('every default is as promised', () => {
  assert.deepEqual(buildConfig(), DEFAULTS)
})

test('every default lies within its own limits, every setting says what it is for', () => {
  for (const [key, setting] of Object.entries(SETTINGS)) {
    assert.match(key, /^[a-z][a-zA-Z]*(\.[a-z][a-zA-Z]*)?$/)
    assert.ok(setting.about.length > 10, key)
    if (typeof setting.value !== 'number') continue
    const { low = Infinity, high = -Infinity } = setting as { low?: number; high?: number }
    assert.ok(low <= setting.value && setting.value <= high, key)
    assert.notEqual(setting.unit, '', `${key} has a unit`)
  }
})

test('names in file, environment and flags', () => {
  const rows = [
    ['data', 'GRIDVIGIL_DATA', '--data'],
    ['http.port', 'GRIDVIGIL_HTTP_PORT', '--http-port'],
    ['log.segmentBytes', 'GRIDVIGIL_LOG_SEGMENT_BYTES', '--log-segment-bytes'],
    ['log.retentionDiskPercent', 'GRIDVIGIL_LOG_RETENTION_DISK_PERCENT', '--log-retention-disk-percent']
  ] as const
  for (const [key, environment, flag] of rows) {
    assert.equal(environmentName(key), environment)
    assert.equal(flagName(key), flag)
  }
  const all = Object.keys(SETTINGS)
  assert.equal(new Set(all.map(environmentName)).size, all.length, 'no two settings share a name')
})

test('later layers win: file, then environment, then flags', t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'site.yaml')
  writeFileSync(path, 'http:\n  port: 1\n  host: 127.0.0.9\nlog: { commitDelayMs: 5 }\nmqtt.port: 7\n')
  const environment = readEnvironment({ GRIDVIGIL_HTTP_PORT: '2', GRIDVIGIL_OTHER: 'x', HOME: '/x' })
  const config = buildConfig(readConfigFile(path), environment, { 'http.port': '3', data: undefined })
  assert.equal(config['http.port'], 3)
  assert.equal(buildConfig(readConfigFile(path), environment)['http.port'], 2)
  assert.equal(buildConfig(readConfigFile(path))['http.port'], 1)
  assert.equal(config['http.host'], '127.0.0.9')
  assert.equal(config['log.commitDelayMs'], 5)
  assert.equal(config['mqtt.port'], 7)
  assert.equal(config.data, 'data')
})

test('an empty configuration file is the defaults', t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'empty.yaml'), '# nothing yet\n')
  assert.deepEqual(buildConfig(readConfigFile(join(folder, 'empty.yaml'))), DEFAULTS)
})

const BAD: [
  name: string,
  layer: Record<string, unknown>,
  code: 'CONFIG_UNKNOWN_KEY' | 'CONFIG_BAD_VALUE',
  says: RegExp
][] = [
  ['a key nobody knows', { 'http.prot': 80 }, 'CONFIG_UNKNOWN_KEY', /http\.prot/],
  ['a scalar where a map belongs', { http: 80 }, 'CONFIG_UNKNOWN_KEY', /http/],
  ['a role nobody may have unasked', { 'http.anonymousRole': 'admin' }, 'CONFIG_BAD_VALUE', /none or viewer/],
  ['words for a number', { 'http.port': 'eighty' }, 'CONFIG_BAD_VALUE', /"eighty"/],
  ['nothing for a number', { 'http.port': '' }, 'CONFIG_BAD_VALUE', /http\.port/],
  ['spaces for a number', { 'http.port': '  ' }, 'CONFIG_BAD_VALUE', /http\.port/],
  ['null for a number', { 'http.port': null }, 'CONFIG_BAD_VALUE', /http\.port/],
  ['a list for a number', { 'http.port': [80] }, 'CONFIG_BAD_VALUE', /http\.port/],
  ['not a number', { 'http.port': Number.NaN }, 'CONFIG_BAD_VALUE', /http\.port/],
  ['infinity', { 'http.port': 'Infinity' }, 'CONFIG_BAD_VALUE', /http\.port/],
  ['below the limit', { 'http.port': -1 }, 'CONFIG_BAD_VALUE', /0\.\.65535 port, got -1/],
  ['above the limit', { 'http.port': '65536' }, 'CONFIG_BAD_VALUE', /0\.\.65535 port, got 65536/]
]

for (const [name, layer, code, says] of BAD) {
  test(`configuration refuses ${name}`, () => {
    assert.throws(
      () => buildConfig(layer),
      error => isError(error, code) && says.test(error.message)
    )
  })
}

test('a configuration file that is missing or not YAML is named', t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const broken = join(folder, 'broken.yaml')
  writeFileSync(broken, 'http: { port: 1')
  for (const path of [broken, join(folder, 'absent.yaml')]) {
    assert.throws(
      () => readConfigFile(path),
      error => isError(error, 'CONFIG_FILE') && error.message.includes(path)
    )
  }
})

test('the printed configuration shows every key with its value', () => {
  const printed = printConfig(buildConfig({ 'http.port': 9 })).split('\n')
  assert.equal(printed.length, Object.keys(SETTINGS).length)
  assert.ok(printed.includes('http.port: 9  # port of API and page; 0 takes a free one [port]'))
  assert.ok(printed.some(line => line.startsWith("registry: ''  # ")))
})

test('what tests take from the environment', () => {
  assert.deepEqual(testEnvironment({}), { shared: '../shared', requireServers: false })
  assert.deepEqual(testEnvironment({ GRIDVIGIL_SHARED: '/data', REQUIRE_SERVERS: '1' }), {
    shared: '/data',
    requireServers: true
  })
})
