/**
 * The page's only script: once a second it fetches the live parts and swaps their content. Without scripts
 * the page reloads itself (meta refresh), so nothing depends on this.
 */
export const SCRIPT = `(() => {
  const url = document.body.dataset.live
  const apply = text => {
    const parts = new DOMParser().parseFromString(text, 'text/html').querySelectorAll('[data-live]')
    for (const part of parts) {
      const place = document.getElementById(part.id)
      if (place) place.replaceChildren(...part.childNodes)
    }
  }
  const refresh = async () => {
    if (document.hidden) return
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5000), cache: 'no-store' })
      if (!answer.ok) throw new Error(String(answer.status))
      apply(await answer.text())
      document.body.classList.remove('offline')
    } catch {
      document.body.classList.add('offline')
    }
  }
  const loop = () => refresh().finally(() => setTimeout(loop, 1000))
  setTimeout(loop, 1000)
  document.addEventListener('visibilitychange', refresh)
  const field = document.querySelector('input[name=meter]')
  if (field) {
    field.addEventListener('focus', () => field.select())
    field.addEventListener('change', () => field.form.requestSubmit())
  }
})()`
