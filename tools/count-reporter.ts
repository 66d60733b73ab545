import type { TestEvent } from 'node:test/reporters'

/** A reporter that writes one line of JSON: how many tests passed, failed and were skipped in this process. */
// biome-ignore lint/style/noDefaultExport: node:test takes a reporter by its default export.
export default async function* countTests(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type !== 'test:summary') continue
    const { tests, passed, skipped, todo } = event.data.counts
    yield `${JSON.stringify({ passed, failed: tests - passed - skipped - todo, skipped: skipped + todo })}\n`
  }
}
