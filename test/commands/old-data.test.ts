import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { unpackFolder } from '../../bench/folder-pack.ts'
import { examine, FLAGS } from '../../bench/old-data.ts'
import { type Run, sentOf, writeOldSite } from '../../bench/old-folder.ts'
import { Server, type ServerOptions } from '../../bench/server.ts'
import { systemClock } from '../../src/clock.ts'
import { PROJECT } from '../../tools/house/check.ts'

/** test/releases/README.md says how the folders were made; bench/old-data.ts does it with a larger one, and replays. */
const RELEASES = join(PROJECT, 'test', 'releases')
const FILES = readdirSync(RELEASES).filter(name => name.endsWith('.br'))

test('there are data folders of releases', () => assert.ok(FILES.length > 0))

for (const file of FILES) {
  test(`the data folder of ${file} opens: nothing is lost, twice`, async t => {
    const folder = mkdtempSync(join(tmpdir(), 'gridvigil-release-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const data = join(folder, 'data')
    const run = unpackFolder(readFileSync(join(RELEASES, file)), data) as Run
    const sent = sentOf(run)
    assert.ok(sent.frames > 100 && sent.quarantined > 5, 'the folder holds something')
    const { credentials } = writeOldSite(run.shape, folder)
    const options: ServerOptions = {
      ...{ data, registry: '', credentials, mqttPort: 0, httpPort: 0 },
      ...{ logFile: join(folder, 'server.log'), clock: systemClock, flags: FLAGS }
    }
    for (const start of ['first', 'second']) {
      const server = await Server.start(options)
      t.after(() => server.kill())
      const found = await examine(server, run.shape, sent)
      assert.deepEqual(found.faults, [], start)
      assert.deepEqual([found.equations, found.quarantineMissing], [true, 0], start)
      assert.ok(found.readings >= sent.acknowledged.size && found.corrected > 0, start)
      assert.equal(found.registry.version, 1, start)
      assert.equal(await server.stop(), 0, start)
    }
    assert.ok(existsSync(join(data, 'ledger.sqlite')), 'the ledger is made')
    assert.match(readFileSync(options.logFile, 'utf8'), /\/welcome\?key=/)
  })
}
