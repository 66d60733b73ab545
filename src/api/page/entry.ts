import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { MAX_PASSWORD, MIN_PASSWORD } from '../../access/passwords.ts'
import { isError } from '../../errors.ts'
import type { Caller } from '../../model/roles.ts'
import type { ApiContext } from '../context.ts'
import { actorOf, identify } from '../http/guard.ts'
import type { Language } from '../../model/language.ts'
import { chooseLanguage } from '../http/language.ts'
import { cookieText } from '../routes/session.ts'
import { ENTRY_SCRIPT } from './entry-script.ts'
import { ENTRY_WORDS, type EntryWord } from './entry-words.ts'
import { Html, html } from './html.ts'
import { BRAND, ICON } from './shell.ts'
import { STYLE } from './style.ts'
import { contentPolicy, sendHtml } from './send.ts'
import { WORDS } from './words.ts'

/** Where people come in: /welcome for the first administrator's link, /login, /account. */
export function registerEntry(app: FastifyInstance, context: ApiContext): void {
  app.get('/welcome', async (request, reply) => {
    const { key } = request.query as { key?: unknown }
    const actor = actorOf(context, request, undefined)
    // A look from a mail or chat program must not use the link up: only a browser that follows it goes in.
    if (request.method === 'HEAD') return reply.send()
    try {
      const { secret, expiresAt } = await context.access.useLink(typeof key === 'string' ? key : '', actor)
      const maxAgeS = Math.floor((expiresAt - actor.at) / 1000)
      const cookie = cookieText(secret, maxAgeS, request.protocol === 'https')
      return reply.header('set-cookie', cookie).redirect('/account', 303)
    } catch (thrown) {
      if (!isError(thrown, 'API_LINK')) throw thrown
      reply.code(401)
      return show(
        request,
        reply,
        'logIn',
        word => html`<p class="said">${word('linkOver')}</p>${renderLogin(word, '/')}`
      )
    }
  })

  app.get('/login', async (request, reply) => {
    const { next } = request.query as { next?: unknown }
    return show(request, reply, 'logIn', word => renderLogin(word, ownPath(next)))
  })

  app.get('/account', async (request, reply) => {
    const caller = callerOf(context, request)
    if (caller === undefined || !caller.byCookie) return reply.redirect('/login?next=/account', 303)
    return show(request, reply, 'account', word => renderAccount(word, caller))
  })
}

/** Who looks at a page; a token that is not valid is nobody here. */
export function callerOf(context: ApiContext, request: FastifyRequest): Caller | undefined {
  try {
    return identify(context, request)
  } catch {
    return undefined
  }
}

/** A path of ours to go on to; anything else leads home, so that a link to /login cannot lead elsewhere. */
const ownPath = (next: unknown): string =>
  typeof next === 'string' && /^\/(?![/\\])[\w\-./?=&%:]*$/.test(next) ? next : '/'

type Say = (word: EntryWord) => string

function show(
  request: FastifyRequest,
  reply: FastifyReply,
  title: EntryWord,
  render: (word: Say) => Html
): FastifyReply {
  const asked = (request.query as { lang?: unknown }).lang
  const language = chooseLanguage(asked, request.headers['accept-language'])
  const word: Say = key => ENTRY_WORDS[language][key]
  const nonce = randomBytes(16).toString('base64')
  reply.header('content-security-policy', contentPolicy(nonce)).header('content-language', language)
  return sendHtml(
    reply,
    renderPage(language, word(title), nonce, render(word), otherLanguage(request, language))
  )
}

function otherLanguage(request: FastifyRequest, language: Language): string {
  const url = new URL(request.url, 'http://site')
  url.searchParams.delete('key')
  url.searchParams.set('lang', language === 'en' ? 'zh-CN' : 'en')
  return `${url.pathname === '/welcome' ? '/login' : url.pathname}${url.search}`
}

function renderPage(language: Language, title: string, nonce: string, body: Html, other: string): Html {
  const words = WORDS[language]
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Gridvigil · ${title}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style nonce="${nonce}">${new Html(STYLE)}</style>
</head>
<body class="entry">
<header>${new Html(BRAND)}<div><h1>Gridvigil</h1><p>${words.tagline}</p></div>
<a class="language" href="${other}" aria-label="${words.languageLabel}: ${words.otherLanguage}">${words.otherLanguage}</a></header>
<main><section class="panel"><h2>${title}</h2>${body}<noscript><p class="said">${ENTRY_WORDS[language].noScript}</p></noscript></section></main>
<script nonce="${nonce}">${new Html(ENTRY_SCRIPT)}</script>
</body>
</html>
`
}

const field = (label: string, input: Html, hint = ''): Html =>
  html`<label><span>${label}</span>${input}${hint !== '' && html`<small>${hint}</small>`}</label>`

const status = (word: Say, said: Readonly<Record<number, EntryWord>>): Html => {
  const texts = Object.entries(said).map(([code, key]) => html` data-said-${code}="${word(key)}"`)
  return html`<p class="said" role="status" data-failed="${word('failed')}"${texts}></p>`
}

function renderLogin(word: Say, next: string): Html {
  return html`<form data-send="POST /v1/session" data-then="${next}">
${field(word('login'), html`<input name="login" autocomplete="username" required maxlength="64" autofocus>`)}
${field(word('password'), html`<input name="password" type="password" autocomplete="current-password" required maxlength="${MAX_PASSWORD}">`)}
${status(word, { 401: 'wrong', 429: 'tooMany' })}
<button>${word('logIn')}</button></form>
<p class="aside">${word('forgotten')}</p>`
}

function renderAccount(word: Say, caller: Caller): Html {
  return html`${caller.name === 'link' ? renderFirstAdmin(word) : renderPassword(word, caller)}
<form data-send="DELETE /v1/session" data-then="/login"><button class="quiet">${word('logOut')}</button></form>
<p><a href="/">${word('home')}</a></p>`
}

const newPassword = html`<input name="password" type="password" autocomplete="new-password" required minlength="${MIN_PASSWORD}" maxlength="${MAX_PASSWORD}">`

function renderFirstAdmin(word: Say): Html {
  return html`<h3>${word('firstAdmin')}</h3><p class="aside">${word('firstAdminNote')}</p>
<form data-send="POST /v1/users" data-as="POST /v1/session" data-then="/" data-fixed="${JSON.stringify({ role: 'admin' })}">
${field(word('login'), html`<input name="login" autocomplete="username" required maxlength="64">`, word('loginHint'))}
${field(word('name'), html`<input name="name" autocomplete="name" maxlength="200">`)}
${field(word('password'), newPassword, word('passwordHint'))}
${status(word, { 409: 'taken' })}
<button>${word('create')}</button></form>`
}

function renderPassword(word: Say, { name, role }: Caller): Html {
  return html`<dl class="facts"><div><dt>${word('login')}</dt><dd><b>${name.replace(/^user:/, '')}</b></dd></div>
<div><dt>${word('role')}</dt><dd><b>${word(role)}</b></dd></div></dl>
<h3>${word('changePassword')}</h3>
<form data-send="POST /v1/session/password" data-then="/login">
${field(word('current'), html`<input name="current" type="password" autocomplete="current-password" required maxlength="${MAX_PASSWORD}">`)}
${field(word('fresh'), newPassword, word('passwordHint'))}
${status(word, { 401: 'wrongCurrent', 429: 'tooMany' })}
<button>${word('change')}</button></form>`
}
