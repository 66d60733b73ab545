import { basename, dirname } from 'node:path'
import type { DurableFile, FileLayer } from '../../src/files.ts'
import type { Random } from '../../src/random.ts'

/**
 * A file system in memory that forgets as badly as the FileLayer port allows: at a power cut every write that no
 * completed sync covers is kept, dropped or kept in part (sector by sector), independently, and so is every name
 * change that no completed folder sync covers, as a prefix of the order in which they were made.
 */
const SECTOR = 512

interface Node {
  /** What programs see. */
  bytes: Uint8Array
  /** What survives for certain. */
  stable: Uint8Array
  /** Writes since, oldest first. */
  loose: { position: number; bytes: Uint8Array }[]
}

type NameChange = { kind: 'set'; path: string; node: Node } | { kind: 'remove'; path: string }

export interface CrashFiles extends FileLayer {
  /** The file system as a program of this life sees it: after the next cut its calls go nowhere. */
  boot(): FileLayer
  /** Power goes: everything open is dead, and the disk holds one of the states the port allows. */
  cut(random: Random): void
  /** Called before each asynchronous operation; a throw is its I/O error, a promise holds it. */
  onOperation: (operation: 'write' | 'sync' | 'syncFolder', path: string) => void | Promise<void>
  /** Flips one bit of a file on the disk. */
  flip(path: string, byte: number, bit: number): void
  readonly operations: number
}

export function crashFiles(): CrashFiles {
  const names = new Map<string, Node>()
  let stableNames = new Map<string, Node>()
  let changes: NameChange[] = []
  let epoch = 0
  let operations = 0

  const layer: CrashFiles = {
    boot() {
      const born = epoch
      const alive = <A extends unknown[], R>(call: (...given: A) => R) => {
        return (...given: A): R => {
          if (born !== epoch) throw new Error('the power is gone')
          return call(...given)
        }
      }
      return {
        makeFolder: alive(layer.makeFolder),
        list: alive(layer.list),
        open: alive(layer.open),
        rename: alive(layer.rename),
        remove: alive(layer.remove),
        syncFolder: alive(layer.syncFolder),
        diskBytes: layer.diskBytes
      }
    },
    onOperation: () => {},
    get operations() {
      return operations
    },
    makeFolder: () => {},
    list: folder =>
      [...names.keys()]
        .filter(path => dirname(path) === folder)
        .map(path => basename(path))
        .sort(),
    open(path, mode) {
      if (mode === 'create') {
        if (names.has(path)) throw new Error(`EEXIST ${path}`)
        const made: Node = { bytes: new Uint8Array(), stable: new Uint8Array(), loose: [] }
        names.set(path, made)
        changes.push({ kind: 'set', path, node: made })
      }
      const node = names.get(path)
      if (node === undefined) throw new Error(`ENOENT ${path}`)
      return openFile(node, path)
    },
    rename(from, to) {
      const node = names.get(from)
      if (node === undefined) throw new Error(`ENOENT ${from}`)
      names.delete(from)
      names.set(to, node)
      changes.push({ kind: 'set', path: to, node }, { kind: 'remove', path: from })
    },
    remove(path) {
      names.delete(path)
      changes.push({ kind: 'remove', path })
    },
    async syncFolder(folder) {
      const covered = changes.length
      await step('syncFolder', folder)
      for (const change of changes.slice(0, covered)) applyName(stableNames, change)
      changes = changes.slice(covered)
    },
    diskBytes: () => 1e12,
    cut(random) {
      epoch++
      const kept = random.integer(changes.length + 1)
      for (const change of changes.slice(0, kept)) applyName(stableNames, change)
      changes = []
      names.clear()
      for (const [path, node] of stableNames) {
        node.bytes = survivors(node, random)
        node.stable = node.bytes.slice()
        node.loose = []
        names.set(path, node)
      }
      stableNames = new Map(names)
    },
    flip(path, byte, bit) {
      const node = names.get(path)
      if (node === undefined) throw new Error(`ENOENT ${path}`)
      node.bytes[byte] = (node.bytes[byte] ?? 0) ^ (1 << bit)
      node.stable = node.bytes.slice()
    }
  }

  async function step(operation: 'write' | 'sync' | 'syncFolder', path: string): Promise<void> {
    operations++
    const born = epoch
    const held = layer.onOperation(operation, path)
    if (held !== undefined) await held
    await new Promise(resolve => setImmediate(resolve))
    // After a cut nothing of the old life goes on.
    if (born !== epoch) await new Promise(() => {})
  }

  function openFile(node: Node, path: string): DurableFile {
    const born = epoch
    return {
      size: () => node.bytes.length,
      readSync(into, position) {
        const part = node.bytes.subarray(position, position + into.length)
        into.set(part)
        return part.length
      },
      async write(bytes, position) {
        if (born !== epoch) throw new Error('the power is gone')
        const copy = bytes.slice()
        put(node, copy, position)
        node.loose.push({ position, bytes: copy })
        await step('write', path)
      },
      async sync() {
        const covered = node.loose.length
        await step('sync', path)
        for (const write of node.loose.slice(0, covered))
          node.stable = overlay(node.stable, write.bytes, write.position)
        node.loose = node.loose.slice(covered)
      },
      resizeSync(bytes) {
        const resized = new Uint8Array(bytes)
        resized.set(node.bytes.subarray(0, bytes))
        node.bytes = resized
        // Truncation is metadata: taken as written in one piece, loose like everything else.
        node.loose.push({ position: 0, bytes: resized.slice() })
      },
      close: () => {}
    }
  }
  return layer
}

function applyName(into: Map<string, Node>, change: NameChange): void {
  if (change.kind === 'set') into.set(change.path, change.node)
  else into.delete(change.path)
}

function put(node: Node, bytes: Uint8Array, position: number): void {
  node.bytes = overlay(node.bytes, bytes, position)
}

function overlay(under: Uint8Array, bytes: Uint8Array, position: number): Uint8Array {
  const end = position + bytes.length
  if (end <= under.length) {
    under.set(bytes, position)
    return under
  }
  const grown = new Uint8Array(end)
  grown.set(under)
  grown.set(bytes, position)
  return grown
}

/** The stable bytes with some of the loose sectors on top, in any order. */
function survivors(node: Node, random: Random): Uint8Array {
  let bytes: Uint8Array = node.stable.slice()
  const style = random.integer(4)
  for (const write of node.loose) {
    for (let at = 0; at < write.bytes.length; at += SECTOR) {
      const kept = style === 0 ? false : style === 1 ? true : random.next() < 0.5
      if (kept) bytes = overlay(bytes, write.bytes.subarray(at, at + SECTOR), write.position + at)
    }
  }
  return bytes
}
