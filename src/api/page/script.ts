/**
 * The script of the live pages: once a second, or every `data-every` ms, it fetches the live parts and swaps their content. What
 * somebody is typing in, choosing in or pressing just now is left as it is, and what he unfolded (`details` with an id) stays so.
 * Without scripts the live page reloads itself (meta refresh), so nothing depends on this.
 */
export const SCRIPT = `(() => {
  const { live: url, every = 1000 } = document.body.dataset
  const isChanged = field =>
    field.tagName === 'SELECT' ? field.selectedIndex > 0 : field.value !== field.defaultValue
  const isInUse = place =>
    place.contains(document.activeElement) ||
    place.querySelector(':active, button:disabled') !== null ||
    [...place.querySelectorAll('input, select, textarea')].some(isChanged)
  const apply = text => {
    const parts = new DOMParser().parseFromString(text, 'text/html').querySelectorAll('[data-live]')
    for (const part of parts) {
      const place = document.getElementById(part.id)
      if (!place || isInUse(place)) continue
      for (const { id } of place.querySelectorAll('details[id][open]')) part.querySelector('#' + id)?.setAttribute('open', '')
      place.replaceChildren(...part.childNodes)
    }
  }
  const refresh = async () => {
    if (document.hidden) return
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5000), cache: 'no-store' })
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status))
      apply(await answer.text())
      document.body.classList.remove('offline')
    } catch {
      document.body.classList.add('offline')
    }
  }
  const loop = () => refresh().finally(() => setTimeout(loop, every))
  setTimeout(loop, every)
  document.addEventListener('visibilitychange', refresh)
  const field = document.querySelector('input[name=meter]')
  if (field) {
    field.addEventListener('focus', () => field.select())
    field.addEventListener('change', () => field.form.requestSubmit())
  }
})()`
