import { parseArgs } from 'node:util'
import { type Clock, systemClock } from '../src/clock.ts'
import { asError, GridvigilError } from '../src/errors.ts'
import { readSecrets } from '../src/registry/read/secrets-file.ts'
import { type Credentials, secretOf } from '../src/simulator/credentials.ts'
import { Publisher, topicOf } from '../src/simulator/publisher.ts'
import { countReadings, messagesOf } from '../src/simulator/replay-messages.ts'
import {
  type ReplayTerminal,
  spreadOverTerminals,
  writeReplayRegistry
} from '../src/simulator/replay-registry.ts'
import {
  lastEnd,
  type MeterSeries,
  REPLAY_FORMATS,
  type ReplayFormat,
  replaySource,
  wholeWeekShift
} from '../src/simulator/replay-source.ts'

/** Most readings in one message. */
const BATCH_READINGS = 100
/** Publishes in flight per connection. */
const WINDOW = 8
/** Terminals that send at the same time. */
const PARALLEL_TERMINALS = 16
const PROGRESS_MS = 1000

export const REPLAY_USAGE = `gridvigil replay FILE --format ${REPLAY_FORMATS.join('|')} --url mqtt://HOST:PORT --credentials FILE
                 [--shift-to now|none] [--limit-customers N]
gridvigil replay FILE --format … --registry-out DIR    write registry and credentials for it, publish nothing

Sends a household data set as terminals would: registers accumulated from interval energies (6 decimals), rows of
kind curve, at most ${BATCH_READINGS} readings a message, QoS 1. --shift-to now (the default) moves all times by whole weeks so that
the file ends at or before now: weekday and time of day stay. The files name no zone; their clock is taken as UTC.`

/** Where a command's words go: results on one side, progress on the other. */
export interface ReplayOutput {
  result(line: string): void
  progress(line: string): void
}

const processOutput: ReplayOutput = {
  result: line => void process.stdout.write(`${line}\n`),
  progress: line => void process.stderr.write(`${line}\n`)
}

export interface ReplayOptions {
  readonly file: string
  readonly format: ReplayFormat
  readonly shiftTo: 'now' | 'none'
  readonly limitCustomers: number
  readonly registryOut: string
  readonly url: string
  readonly credentials: string
}

/** Runs `gridvigil replay`. @throws CLI_USAGE, SENDER_FORMAT, SENDER_CONNECT, GATEWAY_CREDENTIALS */
export async function replay(
  args: readonly string[],
  clock: Clock = systemClock,
  output: ReplayOutput = processOutput
): Promise<void> {
  const options = readOptions(args)
  const all: MeterSeries[] = []
  for await (const series of replaySource(options.format, options.file)) {
    if (all.length < options.limitCustomers) all.push(series)
  }
  if (all.length === 0) throw new GridvigilError('SENDER_FORMAT', `${options.file} has no customers`)
  const terminals = spreadOverTerminals(all)
  if (options.registryOut !== '') {
    writeReplayRegistry(options.registryOut, terminals)
    const { registryOut: registry } = options
    output.result(
      JSON.stringify({ event: 'registry', registry, terminals: terminals.length, meters: all.length })
    )
    return
  }
  const shiftMs = options.shiftTo === 'now' ? wholeWeekShift(lastEnd(all), clock.now()) : 0
  const credentials = readSecrets(options.credentials)
  for (const { id } of terminals) secretOf(credentials, id)
  await new Replay(options.url, credentials, terminals, shiftMs, clock, output).run()
}

function readOptions(args: readonly string[]): ReplayOptions {
  const text = { type: 'string' } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        format: text,
        url: text,
        credentials: text,
        'shift-to': { ...text, default: 'now' },
        'limit-customers': text,
        'registry-out': { ...text, default: '' }
      }
    })
    const [file, ...rest] = positionals
    const format = REPLAY_FORMATS.find(name => name === values.format)
    const shiftTo = (['now', 'none'] as const).find(name => name === values['shift-to'])
    const limit = values['limit-customers'] === undefined ? Infinity : Number(values['limit-customers'])
    const registryOut = values['registry-out']
    if (file === undefined || rest.length > 0) throw new Error('name one FILE')
    if (format === undefined) throw new Error(`--format must be one of ${REPLAY_FORMATS.join(', ')}`)
    if (shiftTo === undefined) throw new Error('--shift-to must be now or none')
    if (!(limit >= 1)) throw new Error('--limit-customers must be a number from 1 on')
    const { url = '', credentials = '' } = values
    if (registryOut === '' && (url === '' || credentials === ''))
      throw new Error('--url and --credentials are needed')
    return { file, format, shiftTo, limitCustomers: limit, registryOut, url, credentials }
  } catch (thrown) {
    throw new GridvigilError('CLI_USAGE', `${asError(thrown).message}\n${REPLAY_USAGE}`)
  }
}

/** One run: terminals take turns in at most PARALLEL_TERMINALS connections, each sends its messages in order. */
class Replay {
  readonly #url: string
  readonly #credentials: Credentials
  readonly #terminals: readonly ReplayTerminal[]
  readonly #shiftMs: number
  readonly #clock: Clock
  readonly #output: ReplayOutput
  readonly #total: number
  #sent = 0
  #acked = 0
  #messages = 0
  /** Set when one terminal failed for good, so that the others stop too. */
  #failed = false

  constructor(
    url: string,
    credentials: Credentials,
    terminals: readonly ReplayTerminal[],
    shiftMs: number,
    clock: Clock,
    output: ReplayOutput
  ) {
    this.#url = url
    this.#credentials = credentials
    this.#terminals = terminals
    this.#shiftMs = shiftMs
    this.#clock = clock
    this.#output = output
    this.#total = terminals
      .flatMap(terminal => terminal.meters)
      .reduce((sum, one) => sum + countReadings(one), 0)
  }

  async run(): Promise<void> {
    const begin = this.#clock.monotonic()
    const seconds = (): number => (this.#clock.monotonic() - begin) / 1000
    const stopProgress = this.#clock.every(PROGRESS_MS, () =>
      this.#output.progress(this.#progress(seconds()))
    )
    try {
      const queue = [...this.#terminals]
      const turns = Array.from({ length: Math.min(PARALLEL_TERMINALS, queue.length) }, async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift())
          await this.#sendTerminal(next)
      })
      await Promise.all(turns)
    } finally {
      stopProgress()
    }
    this.#output.progress(this.#progress(seconds()))
    this.#output.result(JSON.stringify(this.#summary(seconds())))
  }

  async #sendTerminal({ id, meters }: ReplayTerminal): Promise<void> {
    const publisher = new Publisher(
      {
        url: this.#url,
        terminal: id,
        secret: secretOf(this.#credentials, id),
        window: WINDOW,
        onTrouble: message => this.#output.progress(message),
        onAcked: size => {
          this.#acked += size
        }
      },
      this.#clock
    )
    try {
      await publisher.start()
      for (const message of messagesOf(meters, this.#shiftMs, BATCH_READINGS)) {
        if (this.#failed) return
        await publisher.publish(topicOf(id, 'readings'), message.payload, { size: message.readings })
        this.#sent += message.readings
        this.#messages++
      }
      await publisher.drain()
    } catch (thrown) {
      this.#failed = true
      throw thrown
    } finally {
      await publisher.stop()
    }
  }

  #progress(seconds: number): string {
    const rate = seconds > 0 ? this.#acked / seconds : 0
    const left = rate > 0 ? `${Math.ceil((this.#total - this.#acked) / rate)} s left` : 'waiting'
    const share = this.#total > 0 ? Math.floor((this.#acked / this.#total) * 100) : 100
    return `${share} %  sent ${this.#sent}  acknowledged ${this.#acked} of ${this.#total}  ${Math.round(rate)}/s  ${left}`
  }

  #summary(seconds: number): Record<string, unknown> {
    return {
      event: 'replayed',
      terminals: this.#terminals.length,
      meters: this.#terminals.reduce((sum, terminal) => sum + terminal.meters.length, 0),
      messages: this.#messages,
      readings: this.#sent,
      acknowledged: this.#acked,
      shiftMs: this.#shiftMs,
      seconds: Number(seconds.toFixed(3)),
      readingsPerSecond: seconds > 0 ? Math.round(this.#acked / seconds) : 0
    }
  }
}
