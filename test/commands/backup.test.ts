import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connectAsync } from 'mqtt'
import { Server } from '../../bench/server.ts'
import { type BackupManifest, backupRunning, checkBackup, MANIFEST } from '../../commands/backup/files.ts'
import { backup } from '../../commands/backup.ts'
import { restore } from '../../commands/restore.ts'
import { systemClock } from '../../src/clock.ts'
import { type ErrorCode, isError } from '../../src/errors.ts'
import { makeRegistryFolder } from '../support/registry-files.ts'

const root = mkdtempSync(join(tmpdir(), 'gridvigil-backup-'))
const data = join(root, 'data')
const taken = join(root, 'taken')
const code = (wanted: ErrorCode) => (error: unknown) => isError(error, wanted)

/** A manifest with the sum that fits it. */
function summed({ sum: _sum, ...told }: BackupManifest): string {
  const sum = createHash('sha256').update(JSON.stringify(told)).digest('hex')
  return JSON.stringify({ ...told, sum })
}

/** A copy of the backup that a test may spoil. */
let copies = 0
function spoiled(spoil: (folder: string, manifest: BackupManifest) => void): string {
  const folder = join(root, `spoiled-${++copies}`)
  cpSync(taken, folder, { recursive: true })
  spoil(folder, JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')))
  return folder
}

/** A site that took three readings, one of them damaged, and was stopped; then its backup. */
before(async () => {
  mkdirSync(root, { recursive: true })
  const credentials = join(root, 'credentials.csv')
  writeFileSync(credentials, 'T0,secret\n')
  const server = await Server.start({
    data,
    registry: makeRegistryFolder(root),
    ...{ credentials, mqttPort: 0, httpPort: 0, logFile: join(root, 'server.log'), clock: systemClock },
    flags: ['--log-segment-bytes', '65536']
  })
  await server.audit()
  const url = `mqtt://127.0.0.1:${server.mqttPort}`
  const terminal = await connectAsync(url, { clientId: 'T0', username: 'T0', password: 'secret' })
  const time = Math.floor(systemClock.now() / 1000) * 1000 - 60_000
  for (const at of [0, 1000]) {
    const readings = [{ meter: 'M0', time: time + at, importKwh: 5 }]
    await terminal.publishAsync('gv1/T0/readings', JSON.stringify({ readings }), { qos: 1 })
  }
  await terminal.publishAsync('gv1/T0/readings', 'no JSON', { qos: 1 })
  await terminal.endAsync()
  await server.waitForAudit(({ frames }) => frames.acknowledged === 3 && frames.pending === 0, 20_000, 50)
  await server.stop()
  await backup(['--data', data, '--out', taken])
})
after(() => rmSync(root, { recursive: true, force: true }))

describe('a backup', () => {
  it('holds logs, series, ledger and registry, and nothing of one process only', async () => {
    const { files } = await checkBackup(taken)
    const paths = files.map(({ path }) => path)
    for (const part of [
      'logs/frames/',
      'logs/events/',
      'logs/results/',
      'series/',
      'registry/',
      'checkpoints/'
    ]) {
      assert.ok(
        paths.some(path => path.startsWith(part)),
        part
      )
    }
    assert.ok(paths.includes('ledger.sqlite') && !paths.includes('lock'))
  })

  it('is for its owner alone, and so is what is restored from it', async () => {
    const open = (folder: string): string[] =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
        name => (statSync(join(folder, name)).mode & 0o077) !== 0
      )
    assert.deepEqual(open(taken), [])
  })

  it('that names fewer files than it was made with is refused', async () => {
    const folder = spoiled((at, manifest) => {
      const files = manifest.files.filter(({ path }) => path !== 'ledger.sqlite')
      writeFileSync(join(at, MANIFEST), JSON.stringify({ ...manifest, files }))
      rmSync(join(at, 'ledger.sqlite'))
    })
    await assert.rejects(checkBackup(folder), code('BACKUP_DAMAGED'))
  })

  it('lets checkpoints and trims go on when holding them failed', async () => {
    const held: boolean[] = []
    const source = {
      hold: async (isHeld: boolean) => {
        held.push(isHeld)
        if (isHeld) throw new Error('no answer')
      },
      copySeries: async () => [],
      atPoint: (work: () => Promise<void>) => work(),
      copyLedger: async () => {},
      marks: () => ({ frames: 0, events: 0, results: 0 })
    }
    const wish = { data, folder: join(root, 'unheld'), version: '', now: () => 0, onProgress: () => {} }
    await assert.rejects(backupRunning(source, wish), code('BACKUP_FAILED'))
    assert.deepEqual(held, [true, false])
  })

  it('names the registry version of an import that came after its point, with its snapshot', async () => {
    const own = join(root, 'own')
    cpSync(data, own, { recursive: true })
    const latest = join(own, 'registry', 'latest.json')
    const newer = '{"version":9,"hash":"ab"}'
    const source = {
      hold: async () => {},
      copySeries: async () => [],
      copyLedger: async () => {},
      marks: () => ({ frames: 0, events: 0, results: 0 }),
      async atPoint(work: () => Promise<void>) {
        await work()
        writeFileSync(join(own, 'registry', 'ab.ndjson.zst'), 'snapshot')
        writeFileSync(latest, newer)
      }
    }
    const folder = join(root, 'meanwhile')
    await backupRunning(source, { data: own, folder, version: '', now: () => 0, onProgress: () => {} })
    assert.equal(readFileSync(join(folder, 'registry', 'latest.json'), 'utf8'), newer)
    assert.ok(existsSync(join(folder, 'registry', 'ab.ndjson.zst')))
  })

  it('restores to a folder that goes on, and is proved', async () => {
    const restored = join(root, 'restored')
    await restore([taken, '--data', restored])
    assert.equal(existsSync(join(restored, 'lock')), false)
    await assert.rejects(restore([taken, '--data', restored]), code('CLI_USAGE'), 'never over something')
  })

  it('is not taken into a folder that has something, nor restored without its manifest', async () => {
    await assert.rejects(backup(['--data', data, '--out', taken]), code('BACKUP_FAILED'))
    for (const inside of [data, join(data, 'here')]) {
      await assert.rejects(backup(['--data', data, '--out', inside]), code('BACKUP_FAILED'))
    }
    const folder = spoiled(at => rmSync(join(at, MANIFEST)))
    await assert.rejects(checkBackup(folder), code('BACKUP_DAMAGED'))
  })

  it('is refused when any file of it is gone, shorter or has another byte', async () => {
    const { files } = await checkBackup(taken)
    for (const { path, bytes } of files) {
      const gone = spoiled(at => rmSync(join(at, path)))
      await assert.rejects(checkBackup(gone), code('BACKUP_DAMAGED'), `${path} gone`)
      const other = spoiled(at => {
        const content = readFileSync(join(at, path))
        content[Math.floor(bytes / 2)]! ^= 1
        writeFileSync(join(at, path), content)
      })
      await assert.rejects(checkBackup(other), code('BACKUP_DAMAGED'), `${path} changed`)
      for (const folder of [gone, other]) rmSync(folder, { recursive: true })
    }
  })

  it('whose manifest leads out of the folder is refused', async () => {
    const folder = spoiled((at, manifest) => {
      const files = [...manifest.files, { path: '../data/lock', bytes: 1, sha256: '' }]
      writeFileSync(join(at, MANIFEST), summed({ ...manifest, files }))
    })
    await assert.rejects(checkBackup(folder), code('BACKUP_DAMAGED'))
  })

  it('that lost its frames is whole by its sums and still not proved', async () => {
    const folder = spoiled((at, manifest) => {
      const kept = manifest.files.filter(({ path }) => !/^logs\/(frames|events)\//.test(path))
      for (const part of ['frames', 'events']) rmSync(join(at, 'logs', part), { recursive: true })
      const path = 'logs/frames/note.txt'
      mkdirSync(join(at, 'logs/frames'))
      writeFileSync(join(at, path), 'x')
      const sha256 = createHash('sha256').update('x').digest('hex')
      const files = [...kept, { path, bytes: 1, sha256 }]
      writeFileSync(join(at, MANIFEST), summed({ ...manifest, files }))
    })
    await assert.rejects(restore([folder, '--data', join(root, 'unproved')]), code('BACKUP_UNPROVEN'))
  })
})
