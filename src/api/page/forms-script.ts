/**
 * Sends forms marked `data-decide` as JSON to the path of the button that was pressed (`value`), without fields that are empty,
 * once whoever presses a button with `data-ask` has said yes.
 * A field named `*` has several members as JSON; a button adds those of its `data-with`, and the member `data-now` with the time by
 * the server's clock. Numbers are sent as such, times and days (their end) as those of the zone of the site (`data-zone` of the body).
 * Listens on the document, because live parts are swapped. What went wrong is said in the words that an element around the form has
 * for the member or the code (`data-wrong`), else in those of the server. A decision is taken by the stage a moment after it was
 * logged, so the page is loaded anew a moment later.
 */
export const FORMS_SCRIPT = `(() => {
  const TAKEN_MS = 1500
  const { zone } = document.body.dataset
  const offsetAt = time => {
    const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(time)
    return parts.find(({ type }) => type === 'timeZoneName').value.replace('GMT', '') || '+00:00'
  }
  // The offset of a local time is that of the instant, which is known with the offset: of the second guess it is right.
  const inZone = local => local + offsetAt(new Date(local + offsetAt(new Date(local + 'Z'))))
  const valueOf = ({ type, value }) => {
    if (type === 'number') return Number(value)
    if (type === 'date') return inZone(value + 'T23:59:59')
    if (type !== 'datetime-local') return value
    return inZone(value.length > 'YYYY-MM-DDTHH:mm'.length ? value : value + ':00')
  }
  const serverTime = async () => {
    const { headers } = await fetch('/healthz', { method: 'HEAD', cache: 'no-store' })
    return new Date(headers.get('date')).toISOString()
  }
  const bodyOf = async (form, { now, with: more = '{}' }) => {
    const typed = [...form.elements].filter(({ name, value }) => name && value !== '')
    const members = typed.map(field => field.name === '*' ? JSON.parse(field.value) : { [field.name]: valueOf(field) })
    return Object.assign({}, ...members, JSON.parse(more), now && { [now]: await serverTime() })
  }
  const explain = (form, words, { code, title, detail, path = '' }) => {
    const member = path.replace('body.', '')
    form.elements.namedItem(member)?.focus()
    return words[member] ?? words[code] ?? (detail ? title + ' — ' + detail : title)
  }
  document.addEventListener('submit', async event => {
    const form = event.target
    if (!form.matches('form[data-decide]')) return
    event.preventDefault()
    const { value: url, dataset } = event.submitter
    if (dataset.ask && !confirm(dataset.ask)) return
    const said = form.querySelector('[role=status]')
    const buttons = form.querySelectorAll('button')
    const words = JSON.parse(form.closest('[data-wrong]')?.dataset.wrong ?? '{}')
    for (const button of buttons) button.disabled = true
    if (said) said.textContent = ''
    let problem = ''
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'accept-language': document.documentElement.lang },
        body: JSON.stringify(await bodyOf(form, dataset))
      })
      if (!answer.ok) problem = explain(form, words, await answer.json())
    } catch (error) {
      problem = words.unreachable ?? error.message
    }
    if (said) said.textContent = problem || form.dataset.sent
    if (problem === '') setTimeout(() => location.reload(), TAKEN_MS)
    else for (const button of buttons) button.disabled = false
  })
})()`
