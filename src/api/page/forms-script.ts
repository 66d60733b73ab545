/**
 * Sends forms marked `data-decide` as JSON to the path of the button that was pressed (`value`), without fields that are empty,
 * once whoever presses a button with `data-ask` has said yes.
 * A field named `*` has several members as JSON. Listens on the document, because live parts are swapped. What went wrong is said in the words of the server. A decision is taken by
 * the stage a moment after it was logged, so the page is loaded anew a moment later.
 */
export const FORMS_SCRIPT = `(() => {
  const TAKEN_MS = 1500
  document.addEventListener('submit', async event => {
    const form = event.target
    if (!form.matches('form[data-decide]')) return
    event.preventDefault()
    const { ask } = event.submitter.dataset
    if (ask && !confirm(ask)) return
    const said = form.querySelector('[role=status]')
    const buttons = form.querySelectorAll('button')
    const typed = [...new FormData(form)].filter(([, value]) => value !== '')
    for (const button of buttons) button.disabled = true
    if (said) said.textContent = ''
    try {
      const answer = await fetch(event.submitter.value, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'accept-language': document.documentElement.lang },
        body: JSON.stringify(Object.assign({}, ...typed.map(([name, value]) => name === '*' ? JSON.parse(value) : { [name]: value })))
      })
      if (!answer.ok) {
        const { title, detail } = await answer.json()
        throw new Error(detail ? title + ' — ' + detail : title)
      }
      if (said) said.textContent = form.dataset.sent
      setTimeout(() => location.reload(), TAKEN_MS)
    } catch (error) {
      if (said) said.textContent = error.message
      for (const button of buttons) button.disabled = false
    }
  })
})()`
