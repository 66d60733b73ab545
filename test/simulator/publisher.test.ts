import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Aedes } from 'aedes'
import { systemClock } from '../../src/clock.ts'
import { isError } from '../../src/errors.ts'
import { Publisher, type PublisherOptions, topicOf } from '../../src/simulator/publisher.ts'

interface Received {
  readonly topic: string
  readonly text: string
  readonly retain: boolean
}

interface Broker {
  readonly url: string
  readonly aedes: Aedes
  readonly server: Server
  readonly sockets: Set<Socket>
  readonly received: Received[]
}

/** A bare aedes on a free port that keeps what it accepts; `refuse` closes the connection without PUBACK. */
async function startBroker(
  context: TestContext,
  refuse: (text: string) => boolean = () => false
): Promise<Broker> {
  const aedes = await Aedes.createBroker()
  const received: Received[] = []
  aedes.authenticate = (client, user, password, done) => {
    done(null, client.id === user && String(password) === 'secret')
  }
  aedes.authorizePublish = (_client, packet, done) => {
    const text = packet.payload.toString()
    if (refuse(text)) {
      done(new Error('not now'))
      return
    }
    received.push({ topic: packet.topic, text, retain: packet.retain })
    done(null)
  }
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    aedes.handle(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(async () => {
    await new Promise<void>(resolve => aedes.close(() => resolve()))
    server.close()
  })
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    aedes,
    server,
    sockets,
    received
  }
}

function makePublisher(context: TestContext, given: PublisherOptions): Publisher {
  const publisher = new Publisher(given, systemClock)
  context.after(() => publisher.stop())
  return publisher
}

const options = (url: string, change: Partial<PublisherOptions> = {}): PublisherOptions => ({
  url,
  terminal: 'R001',
  secret: 'secret',
  window: 4,
  ...change
})

test('messages arrive in order, acknowledged, under the terminal id', async context => {
  const broker = await startBroker(context)
  const publisher = makePublisher(context, options(broker.url))
  await publisher.start()
  for (let i = 0; i < 50; i++) {
    await publisher.publish(topicOf('R001', 'readings'), `m${i}`)
    assert.ok(publisher.inFlight <= 4, 'the window bounds what is in flight')
  }
  await publisher.drain()
  assert.equal(publisher.acked, 50)
  await publisher.stop()
  assert.deepEqual(
    broker.received.map(message => message.text),
    Array.from({ length: 50 }, (_, i) => `m${i}`)
  )
  assert.equal(broker.received[0]?.topic, 'gv1/R001/readings')
})

test('a lost link is taken up again and what was not acknowledged is sent again', async context => {
  let refusals = 3
  const broker = await startBroker(context, text => Number(text.slice(1)) % 10 === 7 && refusals-- > 0)
  const troubles: string[] = []
  const publisher = new Publisher(
    options(broker.url, { onTrouble: text => troubles.push(text) }),
    systemClock
  )
  await publisher.start()
  for (let i = 0; i < 40; i++) await publisher.publish(topicOf('R001', 'readings'), `m${i}`)
  await publisher.drain()
  await publisher.stop()
  assert.equal(publisher.acked, 40)
  assert.ok(troubles.length >= 3)
  const first = broker.received.map(message => message.text).filter((text, i, all) => all.indexOf(text) === i)
  assert.deepEqual(
    first,
    Array.from({ length: 40 }, (_, i) => `m${i}`)
  )
})

test('a wrong secret is refused at once', async context => {
  const broker = await startBroker(context)
  const publisher = makePublisher(context, options(broker.url, { secret: 'wrong' }))
  await assert.rejects(publisher.start(), (error: unknown) => isError(error, 'SENDER_CONNECT'))
})

test('nobody listens: given up after the timeout, with address and reason', async context => {
  const broker = await startBroker(context)
  broker.server.close()
  const publisher = makePublisher(context, options(broker.url, { connectTimeoutMs: 300 }))
  await assert.rejects(
    publisher.start(),
    (error: unknown) => isError(error, 'SENDER_CONNECT') && error.message.includes('ECONNREFUSED')
  )
})

test('the will says offline when the link breaks, and not after a proper end', async context => {
  const broker = await startBroker(context)
  const publisher = makePublisher(context, options(broker.url, { will: true }))
  await publisher.start()
  const closed = once(broker.aedes, 'clientDisconnect')
  for (const socket of broker.sockets) socket.destroy()
  await closed
  await publisher.publish(topicOf('R001', 'readings'), 'after')
  await publisher.drain()
  await publisher.stop()
  assert.deepEqual(broker.received, [
    { topic: 'gv1/R001/status', text: '{"state":"offline"}', retain: true },
    { topic: 'gv1/R001/readings', text: 'after', retain: false }
  ])
})

test('a stopped publisher refuses', async context => {
  const broker = await startBroker(context)
  const publisher = makePublisher(context, options(broker.url))
  await publisher.start()
  await publisher.stop()
  await assert.rejects(publisher.publish('gv1/R001/readings', 'x'), (error: unknown) =>
    isError(error, 'SENDER_CONNECT')
  )
})
