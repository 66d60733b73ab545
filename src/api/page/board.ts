import { type BoardEntry, boardOf } from '../../supply/need.ts'
import { sayCustomer } from '../../supply/words.ts'
import type { ApiContext } from '../context.ts'
import { customerLook } from './customer-look.ts'
import { customerWords } from './customer-words.ts'
import type { Reader } from './format.ts'
import { type Html, html } from './html.ts'
import type { Look } from './look.ts'
import { showSince } from './outages.ts'

/** Rows of the list; the others are counted. */
const SHOWN = 10
/** The board is asked for once a second by every open page; the ledger answers once for all of them. */
const FRESH_MS = 900
const MINUTE_MS = 60_000

/** The board of key customers as the page asks for it, read at most about once a second. */
export class Boards {
  readonly #context: ApiContext
  #at = Number.NEGATIVE_INFINITY
  #board: Promise<readonly BoardEntry[]> = Promise.resolve([])

  constructor(context: ApiContext) {
    this.#context = context
  }

  /** @throws what the ledger throws */
  read(): Promise<readonly BoardEntry[]> {
    const { clock, registry, supply } = this.#context
    const at = clock.monotonic()
    if (at - this.#at < FRESH_MS) return this.#board
    this.#at = at
    const { keyCustomers } = registry()
    this.#board =
      keyCustomers.size === 0
        ? Promise.resolve([])
        : supply.supplyNow().then(rows => boardOf(keyCustomers.values(), rows, clock.now()))
    return this.#board
  }
}

/** Key customers that need somebody, and how many stand how; nothing where the registry has none. */
export function renderBoard(board: readonly BoardEntry[], now: number, look: Look): Html {
  const { reader } = look
  const say = customerWords(reader.language)
  if (board.length === 0) return html`<div id="live-board" data-live></div>`
  const counts = new Map<string, number>()
  for (const { line } of board) {
    const state = line?.state ?? 'unknown'
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  const [a, b, c, d, e] = ['interrupted', 'emergency', 'unknown', 'reduced', 'normal'].map(state =>
    reader.count(counts.get(state) ?? 0)
  )
  const sum = say('boardSum', { a: a ?? '', b: b ?? '', c: c ?? '', d: d ?? '', e: e ?? '' })
  const wanting = board.filter(({ line }) => line?.state !== 'normal')
  const shown = wanting.slice(0, SHOWN)
  const more = wanting.length - shown.length
  const head = (['boardName', 'boardGrade', 'boardState', 'boardWhy', 'boardSince'] as const).map(
    word => html`<th scope="col">${say(word)}</th>`
  )
  return html`<div id="live-board" data-live><section class="panel" aria-labelledby="board"><div class="head"><h2 id="board">${say(
    'board'
  )}</h2><p class="aside">${sum}</p></div>${
    shown.length === 0
      ? html`<p class="calm">${say('boardCalm', { n: reader.count(board.length) })}</p>${renderNames(board, reader)}`
      : html`<table class="outages board"><thead><tr>${head}</tr></thead><tbody>${shown.map(entry =>
          renderRow(entry, now, look)
        )}</tbody></table>${more > 0 && html`<p class="note">${say('boardMore', { n: reader.count(more) })}</p>`}`
  }</section></div>`
}

/** Where all is well each is a link away. */
const renderNames = (board: readonly BoardEntry[], reader: Reader): Html =>
  html`<p class="points">${board
    .slice(0, SHOWN)
    .map(({ customer }) => html`<a href="${pathOf(customer.id, reader)}">${customer.name}</a>`)}</p>`

const pathOf = (id: string, { language }: Reader): string =>
  `/key-customers/${encodeURIComponent(id)}?lang=${language}`

function renderRow({ customer, line }: BoardEntry, now: number, look: Look): Html {
  const { reader } = look
  const { say, nameOf, word } = customerLook(customer, reader)
  const state = line?.state ?? 'unknown'
  const risk = line?.atRisk === true && html` <small class="danger">${say('atRisk')}</small>`
  const lasts =
    line?.state === 'emergency' && line.autonomyMin !== undefined
      ? html` <small>${say('boardLasts')} ${reader.duration(
          Math.max(0, line.at + line.autonomyMin[0] * MINUTE_MS - now)
        )}</small>`
      : false
  return html`<tr><td class="free"><a href="${pathOf(customer.id, reader)}"><b>${customer.name}</b></a> <small>${customer.id}</small></td><td>${word(
    customer.grade
  )}</td><td><span class="pill ${state}">${word(state)}</span>${risk}</td><td class="free">${
    line === undefined ? say('neverHeard') : sayCustomer(line, reader.language, nameOf)
  }${lasts}</td><td>${line !== undefined && showSince(look, line.start, now)}</td></tr>`
}
