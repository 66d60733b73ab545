import { GridvigilError } from '../../errors.ts'
import { InfluxFailure, type InfluxLink } from './link.ts'
import { POLICIES, type Policy, type Retention } from './schema.ts'

/**
 * Makes the database with its retention policies where they are not there yet. All that differs between versions of InfluxDB:
 *
 *   1.x   CREATE DATABASE, CREATE RETENTION POLICY; nothing where they stand, so that a user without admin rights can go on
 *   2.x   a bucket `database/policy` for each, by POST /api/v2/buckets; `db` and `rp` of requests find it by that name
 *   3     a database `database/policy` for each, by POST /api/v3/configure/database; its retention cannot be changed later
 *
 * @returns the version the server says it has
 * @throws SERIES_INFLUX_SETUP for a version that is none of these, or a retention that cannot be had; InfluxFailure
 */
export async function setUp(link: InfluxLink, retention: Retention): Promise<string> {
  const version = await link.version()
  const major = /^v?(\d+)\./.exec(version)?.[1]
  if (major === '1') await setUpOne(link, retention)
  else if (major === '2') await setUpTwo(link, retention)
  else if (major === '3') await setUpThree(link, retention)
  else throw new GridvigilError('SERIES_INFLUX_SETUP', `${link.address.url} says it is version "${version}"`)
  return version
}

const DAY_S = 86_400
/** Of all policies, as InfluxDB takes it itself where points are kept for ever. */
const SHARD_S = 7 * DAY_S

const quoted = (name: string): string => `"${name.replace(/["\\]/g, '\\$&')}"`
/** Whole days as InfluxDB writes durations: 1440h0m0s. */
const hoursOf = (days: number): string => `${days * 24}h0m0s`
const durationOf = (days: number): string => (days === 0 ? 'INF' : `${days}d`)

async function setUpOne(link: InfluxLink, retention: Retention): Promise<void> {
  const database = quoted(link.address.database)
  let there = await policiesOf(link, database)
  if (there === undefined) {
    await link.query('', `CREATE DATABASE ${database}`)
    there = new Map()
  }
  for (const policy of POLICIES) {
    const wanted = hoursOf(retention[policy])
    const found = there.get(policy)
    // 1.x writes for ever as 0s.
    if (found === wanted || (found === '0s' && retention[policy] === 0)) continue
    const verb = found === undefined ? 'CREATE' : 'ALTER'
    await link.query(
      '',
      `${verb} RETENTION POLICY ${quoted(policy)} ON ${database} DURATION ${durationOf(retention[policy])} ` +
        `REPLICATION 1 SHARD DURATION ${SHARD_S}s`
    )
  }
}

/** Duration by policy; undefined where the database is not there. */
async function policiesOf(
  link: InfluxLink,
  database: string
): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const [series] = await link.query('', `SHOW RETENTION POLICIES ON ${database}`)
    return new Map(
      (series?.[0]?.values ?? []).map(([name, duration]) => [String(name), String(duration)] as const)
    )
  } catch (thrown) {
    if (thrown instanceof InfluxFailure && /database not found/i.test(thrown.message)) return undefined
    throw thrown
  }
}

const nameOf = (link: InfluxLink, policy: Policy): string => `${link.address.database}/${policy}`

interface Bucket {
  readonly id: string
  readonly retentionRules: readonly { readonly everySeconds: number }[]
}

async function setUpTwo(link: InfluxLink, retention: Retention): Promise<void> {
  const { organization } = link.address
  const { orgs = [] } = (await link.manage(
    'GET',
    `/api/v2/orgs?${new URLSearchParams({ org: organization })}`
  )) as { orgs?: readonly { readonly id: string }[] }
  const orgID = orgs[0]?.id
  if (orgID === undefined)
    throw new GridvigilError('SERIES_INFLUX_SETUP', `there is no organization "${organization}"`)
  for (const policy of POLICIES) {
    const name = nameOf(link, policy)
    const everySeconds = retention[policy] * DAY_S
    const { buckets = [] } = (await link.manage(
      'GET',
      `/api/v2/buckets?${new URLSearchParams({ name, orgID })}`
    )) as { buckets?: readonly Bucket[] }
    const [found] = buckets
    const retentionRules = [{ type: 'expire', everySeconds, shardGroupDurationSeconds: SHARD_S }]
    if (found === undefined) await link.manage('POST', '/api/v2/buckets', { orgID, name, retentionRules })
    else if ((found.retentionRules[0]?.everySeconds ?? 0) !== everySeconds)
      await link.manage('PATCH', `/api/v2/buckets/${found.id}`, { retentionRules })
  }
}

const ALREADY_THERE = 409

async function setUpThree(link: InfluxLink, retention: Retention): Promise<void> {
  for (const policy of POLICIES) {
    const days = retention[policy]
    const body = { db: nameOf(link, policy), ...(days > 0 && { retention_period: `${days}d` }) }
    try {
      await link.manage('POST', '/api/v3/configure/database', body)
    } catch (thrown) {
      if (!(thrown instanceof InfluxFailure && thrown.status === ALREADY_THERE)) throw thrown
    }
  }
}
