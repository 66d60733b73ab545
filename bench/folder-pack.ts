import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'

/**
 * A small folder in one file: brotli over a length (u32), a JSON head and the files' bytes one after the other. For data
 * folders of older releases that tests open.
 */
interface Head {
  readonly about: unknown
  readonly files: readonly (readonly [path: string, bytes: number])[]
}

export function packFolder(folder: string, about: unknown): Buffer {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const paths = names.filter(name => statSync(join(folder, name)).isFile()).sort()
  const bodies = paths.map(path => readFileSync(join(folder, path)))
  const head: Head = { about, files: paths.map((path, index) => [path, bodies[index]?.length ?? 0]) }
  const text = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS }
  return brotliCompressSync(Buffer.concat([length, text, ...bodies]), { params })
}

/** Writes what was packed into `folder`. @returns what was said about it */
export function unpackFolder(packed: Uint8Array, folder: string): unknown {
  const bytes = brotliDecompressSync(packed)
  let at = 4 + bytes.readUInt32LE(0)
  const { about, files } = JSON.parse(bytes.subarray(4, at).toString()) as Head
  for (const [path, length] of files) {
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, bytes.subarray(at, at + length))
    at += length
  }
  return about
}
