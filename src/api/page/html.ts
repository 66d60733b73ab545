/**
 * HTML as a tagged template: everything put in is escaped, unless it is Html already. There is no other way
 * to make Html than this tag, so nothing that came from a terminal or a file reaches the page as markup.
 */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | string | number | false | undefined | readonly Part[]

/** Html of a template; strings and numbers are escaped, lists joined, `false` and `undefined` left out. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = texts[0] ?? ''
  for (const [index, part] of parts.entries()) text += render(part) + (texts[index + 1] ?? '')
  return new Html(text)
}

function render(part: Part): string {
  if (part === false || part === undefined) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part))
  return part.map(render).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/** Safe in text and in quoted attributes; control characters, which HTML forbids, become a replacement sign. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, char => ENTITIES[char] ?? '').replaceAll(/[^\P{Cc}\n\t]/gu, '\ufffd')
}
