/**
 * Reads the output of `strace -f -y -xx` and proves for each message that its PUBACK was written after a completed
 * sync of the file that holds its bytes. Lines stand in the order in which the kernel stopped the threads, so line
 * numbers give the order of events; a call split over two lines begins at the first and is complete at the second:
 *
 *   8290 10:15:00.1 pwrite64(23</data/0001.log>, "\x47\x56"..., 120, 4096 <unfinished ...>
 *   8288 10:15:00.1 epoll_wait(...)
 *   8290 10:15:00.2 <... pwrite64 resumed>) = 120
 */
export interface Call {
  readonly name: string
  /** What the first argument's descriptor stands for: a path, or TCP:[…] or socket:[…]. */
  readonly target: string
  /** Bytes of all buffers of the call, in hex. */
  readonly hex: string
  readonly result: number
  /** Line numbers. */
  readonly begun: number
  readonly completed: number
}

export interface Proof {
  readonly marker: string
  readonly packetId: number
  readonly file: string
  /** Line numbers of: the write complete, the sync begun and complete, the PUBACK begun; 0 = not found. */
  readonly written: number
  readonly syncBegun: number
  readonly synced: number
  readonly acknowledged: number
  readonly holds: boolean
  readonly why: string
}

const WRITES = new Set(['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'])
const SENDS = new Set(['write', 'writev', 'sendto', 'sendmsg'])
const SYNCS = new Set(['fdatasync', 'fsync'])
const SYNCED_OPEN = /O_DSYNC|O_SYNC/

/** Calls of the log, complete ones only, in order of completion. */
export function parseStrace(text: string): Call[] {
  const calls: Call[] = []
  const open = new Map<string, { text: string; begun: number }>()
  text.split('\n').forEach((line, index) => {
    const match = /^(\d+)\s+[\d:.]+\s+(.*)$/.exec(line)
    if (match === null) return
    const [, thread = '', body = ''] = match
    const number = index + 1
    const unfinished = body.indexOf(' <unfinished ...>')
    if (unfinished >= 0) {
      open.set(thread, { text: body.slice(0, unfinished), begun: number })
      return
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(body)
    const head = resumed === null ? undefined : open.get(thread)
    open.delete(thread)
    const call = parseCall(
      head === undefined ? body : head.text + (resumed?.[1] ?? ''),
      head?.begun ?? number,
      number
    )
    if (call !== undefined) calls.push(call)
  })
  return calls
}

function parseCall(text: string, begun: number, completed: number): Call | undefined {
  const head = /^(\w+)\((?:(?:AT_FDCWD|\d+)(?:<((?:[^<>\\]|\\.|->)*)>)?)?/.exec(text)
  const result = /\)\s+= (-?\d+)[^()]*$/.exec(text)
  if (head === null || result === null) return undefined
  const [, name = '', target = ''] = head
  if (name === 'openat') {
    // Of an open call the target is what it opened; its flags tell whether every write is a sync.
    const opened = /= \d+<(.*)>\s*$/.exec(text)?.[1] ?? ''
    return {
      name,
      target: plainPath(opened),
      hex: SYNCED_OPEN.test(text) ? 'synced' : '',
      result: 0,
      begun,
      completed
    }
  }
  const hex = [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)]
    .map(match => match[1]?.replaceAll('\\x', ''))
    .join('')
  return { name, target: plainPath(target), hex, result: Number(result[1]), begun, completed }
}

/** With -xx paths are printed in hex as well. */
const plainPath = (text: string): string =>
  text.replace(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/**
 * One proof per message. @param messages text that stands in the payload and nowhere else, and the packet id;
 * they are sent one at a time, so ids name them @param folder only files below it count as the server's own
 */
export function proveSyncBeforeAck(
  calls: readonly Call[],
  messages: readonly { marker: string; packetId: number }[],
  folder: string
): Proof[] {
  const files = calls.filter(call => isSocket(call.target) || call.target.startsWith(folder))
  const synced = new Set(calls.filter(c => c.name === 'openat' && c.hex === 'synced').map(c => c.target))
  // Results are kept in the repository: they name files below the folder, not the machine's own paths.
  return messages
    .map(({ marker, packetId }) => prove(files, synced, marker, packetId))
    .map(proof => ({ ...proof, file: proof.file.replace(folder, '') }))
}

function prove(calls: readonly Call[], synced: ReadonlySet<string>, marker: string, packetId: number): Proof {
  const markerHex = Buffer.from(marker).toString('hex')
  const ackHex = `4002${packetId.toString(16).padStart(4, '0')}`
  const ack = calls.find(call => SENDS.has(call.name) && isSocket(call.target) && call.hex.startsWith(ackHex))
  const base = { marker, packetId, acknowledged: ack?.begun ?? 0 }
  const missing = { file: '', written: 0, syncBegun: 0, synced: 0, holds: false }
  if (ack === undefined) return { ...base, ...missing, why: 'no PUBACK in the trace' }
  const writes = calls.filter(
    call => WRITES.has(call.name) && !isSocket(call.target) && call.result > 0 && call.hex.includes(markerHex)
  )
  const [write] = writes
  if (write === undefined) return { ...base, ...missing, why: 'no file write holds the message' }
  const found = { ...base, ...missing, file: write.target, written: write.completed }
  if (synced.has(write.target)) {
    const holds = write.completed < ack.begun
    return {
      ...found,
      syncBegun: write.begun,
      synced: write.completed,
      holds,
      why: holds ? '' : 'PUBACK first'
    }
  }
  const sync = calls.find(
    call =>
      SYNCS.has(call.name) &&
      call.target === write.target &&
      call.begun > write.completed &&
      call.result === 0
  )
  if (sync === undefined) return { ...found, why: 'the file is not synced after the write' }
  const holds = sync.completed < ack.begun
  const why = holds ? '' : 'PUBACK before the sync was complete'
  return { ...found, syncBegun: sync.begun, synced: sync.completed, holds, why }
}

const isSocket = (target: string): boolean => /^(TCP|TCPv6|socket):/.test(target)
