/**
 * Sends the forms of the entry pages as JSON. `data-send` is the method and path, `data-then` where to go afterwards,
 * `data-as` a second request with the same login and password (log in after the account is made). What an answer
 * means is said in the words of `data-said-STATUS`.
 */
export const ENTRY_SCRIPT = `(() => {
  const send = (target, body) => {
    const [method, url] = target.split(' ')
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    return fetch(url, { method, headers, body: body && JSON.stringify(body) })
  }
  for (const form of document.querySelectorAll('form[data-send]')) {
    form.addEventListener('submit', async event => {
      event.preventDefault()
      const { send: target, then, as, fixed } = form.dataset
      const said = form.querySelector('[role=status]')
      const button = form.querySelector('button')
      const typed = Object.fromEntries(new FormData(form))
      const body = Object.keys(typed).length === 0 ? undefined : { ...typed, ...JSON.parse(fixed || '{}') }
      button.disabled = true
      try {
        const answer = await send(target, body)
        if (!answer.ok) throw answer.status
        if (as) {
          const next = await send(as, { login: typed.login, password: typed.password })
          if (!next.ok) throw next.status
        }
        location.assign(then)
      } catch (status) {
        if (said) said.textContent = said.dataset['said-' + status] || said.getAttribute('data-said-' + status) || said.dataset.failed
        button.disabled = false
      }
    })
  }
})()`
