import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { describe, it } from 'node:test'
import { hashPassword, isPassword } from '../../src/access/passwords.ts'

describe('passwords', () => {
  it('are known again, and nothing else is', async () => {
    const kept = await hashPassword('correct horse 电池')
    assert.match(kept, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.equal(await isPassword('correct horse 电池', kept), true)
    assert.equal(await isPassword('correct horse', kept), false)
    assert.equal(await isPassword('', kept), false)
    assert.notEqual(await hashPassword('correct horse 电池'), kept, 'each has a salt of its own')
  })

  it('of nobody are never right', async () => {
    assert.equal(await isPassword('anything', undefined), false)
    assert.equal(await isPassword('anything', 'no PHC string'), false)
  })

  it('that were kept at another cost are known too', async () => {
    const salt = Buffer.alloc(16, 7)
    const given = {
      message: 'old password',
      nonce: salt,
      tagLength: 32,
      memory: 256,
      passes: 3,
      parallelism: 2
    }
    const hash = argon2Sync('argon2id', given).toString('base64').replaceAll('=', '')
    const kept = `$argon2id$v=19$m=256,t=3,p=2$${salt.toString('base64').replaceAll('=', '')}$${hash}`
    assert.equal(await isPassword('old password', kept), true)
  })
})
