import { type SiteAddress, addressOf, type DataLock, lockData } from './data-lock.ts'
import { offlineContext } from './offline.ts'
import { createApi } from '../../src/api/server.ts'
import { systemClock } from '../../src/clock.ts'
import type { Config } from '../../src/config.ts'
import { asError, ERRORS, type ErrorCode, GridvigilError, isError } from '../../src/errors.ts'
import type { LedgerCalls } from '../../src/ledger/port.ts'
import type { Logger } from '../../src/logger.ts'
import { type ImportIssue, ImportRefused } from '../../src/registry/read/issues.ts'
import { Office } from '../site/office.ts'

/**
 * How a command changes a data folder: through the server that runs on it, or, when none does, through the same API
 * without a port. So every change has one way, with its checks and its audit row.
 *
 *   lock free ─> take it, API in this process ─┐
 *   lock held ─> its address ─> HTTP ──────────┴─> answer, or an error of the table
 */
export interface SiteClient {
  /** Whether a running server answers. */
  readonly isRunning: boolean
  /** The ledger itself, where no server runs. */
  readonly ledger: LedgerCalls | undefined
  /** The JSON of an answer. @throws GridvigilError as the API answered, API_LISTEN when it cannot be reached */
  call<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T>
  /** Where no server runs: `work` with the lock held and everything else closed; nothing can be called afterwards. */
  whileResting(work: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** @throws DATA_LOCKED when the folder is held by what does not listen, DATA_FOLDER, LEDGER_OPEN */
export async function openSite(config: Config, logger: Logger): Promise<SiteClient> {
  let lock: DataLock
  try {
    lock = lockData(config.data)
  } catch (thrown) {
    const address = isError(thrown, 'DATA_LOCKED') ? addressOf(config.data) : undefined
    if (address === undefined) throw thrown
    return runningSite(address)
  }
  return ownSite(config, logger, lock)
}

const WAIT_MS = 600_000

function runningSite({ url, secret }: SiteAddress): SiteClient {
  return {
    isRunning: true,
    ledger: undefined,
    async call(method, path, body) {
      const headers = {
        authorization: `Bearer ${secret}`,
        ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' })
      }
      const sent = body instanceof FormData ? body : JSON.stringify(body)
      const signal = AbortSignal.timeout(WAIT_MS)
      let answer: Response
      try {
        answer = await fetch(url + path, {
          method,
          headers,
          signal,
          ...(sent !== undefined && { body: sent })
        })
      } catch (thrown) {
        throw new GridvigilError('SITE_UNREACHABLE', `${url}: ${asError(thrown).message}`)
      }
      return read(answer.status, await answer.text())
    },
    whileResting: async () => {
      throw new GridvigilError('DATA_LOCKED', url)
    },
    close: async () => {}
  }
}

async function ownSite(config: Config, logger: Logger, lock: DataLock): Promise<SiteClient> {
  const connections = { isConnected: () => false, disconnect: () => {} }
  const changeRegistry = (): void => {}
  const office = new Office({ config, clock: systemClock, logger, connections, changeRegistry })
  try {
    await office.start()
  } catch (thrown) {
    lock.release()
    throw thrown
  }
  const api = createApi({ ...offlineContext(config), ...office.context() }, { version: '' })
  const headers = { authorization: `Bearer ${office.access.localSecret}` }
  return {
    isRunning: false,
    ledger: office.ledger,
    async call(method, path, body) {
      const answer = await api.inject({
        method,
        url: path,
        headers,
        ...(body !== undefined && { payload: body })
      })
      return read(answer.statusCode, answer.body)
    },
    async whileResting(work) {
      await office.stop()
      await work()
    },
    async close() {
      await api.close()
      await office.stop()
      lock.release()
    }
  }
}

interface Refusal {
  readonly code?: string
  readonly detail?: string
  readonly issues?: readonly ImportIssue[]
  readonly issuesTotal?: number
}

/** @throws what the API answered */
function read<T>(status: number, text: string): T {
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  if (status < 400) return body as T
  const { code = '', detail = '', issues = [], issuesTotal } = body as Refusal
  const known = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'API_INTERNAL'
  if (issues.length > 0) throw new ImportRefused(known, detail, issues, issuesTotal)
  throw new GridvigilError(known, detail === ERRORS[known].message ? '' : detail)
}
