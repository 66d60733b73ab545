import { join } from 'node:path'
import { type Random, seededRandom } from '../src/random.ts'
import type { IssueCode } from '../src/registry/read/issues.ts'
import { CsvWriter } from '../src/simulator/city/csv-writer.ts'
import { type CityFile, type Dirt, DIRT, MOST_QUOTES } from './city-dirt.ts'

/** One dirty row and the code the import must name it by. */
export interface DirtyRow {
  readonly file: string
  readonly line: number
  readonly code: IssueCode
}

/** How a file's bytes stand on the disk; real systems export all of these. */
export interface FileForm {
  readonly bom?: boolean
  readonly crlf?: boolean
  readonly gb18030?: boolean
}

/** Of the first rows every third is dirty. */
const FIRST_EVERY = 3

/** A registry file that is written as it is made, a share of its rows spoiled. */
export class CsvFile {
  readonly name: CityFile
  readonly dirty: DirtyRow[] = []
  rows = 0
  readonly #writer: CsvWriter
  readonly #random: Random
  readonly #share: number
  #turn = 0
  #quotes = 0

  /** @param share of its rows that are spoiled, 0..1 */
  constructor(
    folder: string,
    name: CityFile,
    header: string,
    seed: number,
    share: number,
    form: FileForm = {}
  ) {
    this.name = name
    this.#writer = new CsvWriter(join(folder, name), header, {
      mark: form.bom === true ? '\ufeff' : '',
      lineEnd: form.crlf === true ? '\r\n' : '\n',
      ...(form.gb18030 === true ? { encode: encodeGb18030 } : {})
    })
    this.#random = seededRandom(`${seed}/${name}/dirt`)
    this.#share = share
  }

  /** A row, or what a hurried clerk made of it. */
  add(...cells: readonly string[]): void {
    if (!this.#isNextDirty()) this.addGood(...cells)
    else
      for (const { row, code } of this.#nextDirt().spoil(cells, this.#turn)) {
        this.rows++
        if (code !== undefined) this.dirty.push({ file: this.name, line: this.rows + 1, code })
        this.#writer.line(row)
      }
  }

  /** A row on which much depends. */
  addGood(...cells: readonly string[]): void {
    this.rows++
    this.#writer.line(cells.join(','))
  }

  close(): void {
    this.#writer.close()
  }

  /** Each kind once, however short the file is, then as chance has it. */
  #isNextDirty(): boolean {
    const isFirst = this.#turn < DIRT[this.name].length && this.rows % FIRST_EVERY === FIRST_EVERY - 1
    return this.#random.next() < this.#share || (isFirst && this.#share > 0)
  }

  #nextDirt(): Dirt {
    const kinds: readonly Dirt[] = DIRT[this.name]
    for (;;) {
      const dirt = kinds[this.#turn++ % kinds.length]
      if (dirt === undefined) throw new RangeError(`${this.name} has no dirt`)
      if (dirt.code !== 'QUOTE' || this.#quotes++ < MOST_QUOTES) return dirt
    }
  }
}

let pairs: ReadonlyMap<string, number> | undefined

/** Bytes of ASCII and of the characters of GB 2312, which GB 18030 contains; the runtime has a decoder only. */
function encodeGb18030(text: string): Buffer {
  pairs ??= readPairs()
  const bytes = Buffer.alloc(text.length * 2)
  let end = 0
  for (const character of text) {
    const code = character.charCodeAt(0)
    if (code < 128) bytes[end++] = code
    else {
      const pair = pairs.get(character)
      if (pair === undefined) throw new RangeError(`${character} is not in GB 2312`)
      bytes.writeUInt16BE(pair, end)
      end += 2
    }
  }
  return bytes.subarray(0, end)
}

function readPairs(): Map<string, number> {
  const decoder = new TextDecoder('gb18030')
  const found = new Map<string, number>()
  for (let lead = 0xb0; lead <= 0xf7; lead++)
    for (let trail = 0xa1; trail <= 0xfe; trail++)
      found.set(decoder.decode(Uint8Array.of(lead, trail)), lead * 256 + trail)
  return found
}
