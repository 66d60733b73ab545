import { systemClock } from '../../src/clock.ts'
import type { Operation } from './document.ts'
import { DOSSIER_FILES } from './dossier-files.ts'
import { REGISTRY_FILES } from './registry-files.ts'
import type { Material } from './requests.ts'
import { type FuzzSite, PASSWORD } from './site.ts'

/** Values that exist in the site, and everybody who may ask. */
export function materialOf(
  { secrets, cookie, spare, context }: FuzzSite,
  operations: readonly Operation[]
): Material {
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })
  const { version, hash } = context.registry()
  const now = systemClock.now()
  const times = [0, 1, 12, 26, 50, 80].map(hours => new Date(now - hours * 3_600_000).toISOString())
  const local = times.map(time => time.replace('Z', '+00:00'))
  const session = (secret: string) => ({ cookie: `gridvigil_session=${secret}` })
  return {
    operations,
    files: { importRegistry: REGISTRY_FILES, importDossier: DOSSIER_FILES },
    known: {
      '/v1/meters.id': ['M1', 'M2', 'CT80/电', 'K1M', 'U', 'T2M', 'self:T1'],
      '/v1/devices.id': ['F1', 'F2', 'TR1', 'TR2', 'BOX/1'],
      '/v1/usage-points.id': ['U1', 'U3', 'U4'],
      '/v1/key-customers.id': ['K1'],
      '/v1/terminals.id': ['T1', 'T2', 'T9'],
      '/v1/tokens.id': spare.tokens,
      '/v1/users.login': spare.logins,
      from: [...times, ...local, String(now - 86_400_000)],
      to: [...times, ...local, String(now)],
      date: times.map(time => time.slice(0, 10)),
      fields: ['importKwh', 'importKwh,voltageVA', 'voltageVA,voltageVA', 'importKwh,x'],
      meters: ['M1', 'M1,M2', 'K1M', 'M1,nobody'],
      terminal: ['T1', 'T2', 'T9'],
      cursor: ['1', '2', 'M1', `${now}`, `${now}.1.1`, 'TR1'],
      after: ['T1'],
      before: ['1', '3', String(now)],
      ids: ['T1', 'T2', 'T9'],
      kind: ['feeder', 'transformer', 'box'],
      q: ['M', 'T', '电', '配变'],
      action: ['token.add', 'registry.import'],
      actor: ['system', 'local'],
      subject: ['K1', 'K2', ''],
      login: [...spare.logins, 'root', 'new1', 'new2'],
      password: [PASSWORD, 'another long password'],
      current: [PASSWORD],
      expiresAt: [new Date(now + 3_600_000).toISOString(), times[0] ?? ''],
      name: ['张伟', ''],
      source: ['K1-G1', 'K1-G2', 'K1-GEN', 'K1-UPS', 'K2-G1'],
      section: ['K1-S1', 'K1-S2'],
      fedBy: ['K1-G1', 'K1-GEN'],
      heardFrom: ['值班电工'],
      observedAt: times,
      validUntil: [new Date(now + 3_600_000).toISOString(), ...times],
      'Idempotency-Key': ['k1', 'k2', 'k3', 'bad key', 'x'.repeat(129)],
      'If-None-Match': [`"${version}-${hash.slice(0, 16)}"`, '*', 'W/"x"', '"a", "b"'],
      'Last-Event-ID': ['0', '1', '20', '999999999999999', '-1', 'x'],
      'Accept-Language': ['zh-CN', 'en', 'de;q=0.9,*;q=0.1', '*', ';;;'],
      Cookie: spare.cookies
        .map(secret => `gridvigil_session=${secret}`)
        .concat('gridvigil_session=%ZZ', '=; =;'),
      Range: ['bytes=0-1']
    },
    callers: [
      { weight: 20, headers: bearer(secrets.admin) },
      { weight: 1, headers: bearer(secrets.local) },
      { weight: 3, headers: bearer(secrets.viewer) },
      { weight: 3, headers: bearer(secrets.dispatcher) },
      { weight: 2, headers: bearer(secrets['customer-manager']) },
      { weight: 4, headers: bearer(secrets['key-customer']) },
      { weight: 3, headers: {} },
      { weight: 1, headers: bearer('gvt_nobody') },
      { weight: 1, headers: { authorization: `Basic ${'x'.repeat(3000)}` } },
      { weight: 1, headers: { authorization: 'Bearer' } },
      ...spare.cookies.map(secret => ({ weight: 1, headers: session(secret) })),
      { weight: 1, headers: { ...session(cookie), 'sec-fetch-site': 'cross-site' } },
      { weight: 1, headers: { ...session(cookie), origin: 'null' } }
    ]
  }
}
