import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { html, Html } from './html.ts'
import { ICON } from './shell.ts'
import { sendHtml } from './send.ts'

/** The parts of Swagger UI that are shown, by the name they have here. Both are files of the package, served by us. */
const FILES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8'
} as const

const KEPT_S = 86_400

/**
 * /api: every route with its parameters and answers, to be read and tried with one's own session. It is Swagger UI over
 * /v1/openapi.json; nothing is loaded from elsewhere.
 */
export function registerBrowser(app: FastifyInstance): void {
  app.get('/api', async (_request, reply) => {
    const nonce = randomBytes(16).toString('base64')
    reply.header('content-security-policy', policy(nonce))
    return sendHtml(reply, renderBrowser(nonce))
  })
  for (const [name, type] of Object.entries(FILES)) {
    const path = fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`))
    app.get(`/api/${name}`, async (_request, reply) => {
      reply.type(type).header('cache-control', `public, max-age=${KEPT_S}`)
      return readFile(path)
    })
  }
}

/** Swagger UI sets styles on its elements. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'"
  ].join('; ')

const START = `SwaggerUIBundle({url:'/v1/openapi.json',dom_id:'#api',deepLinking:true,docExpansion:'list',
defaultModelsExpandDepth:0,displayRequestDuration:true,filter:true,tryItOutEnabled:false,validatorUrl:null})`

const renderBrowser = (nonce: string): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gridvigil · API</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<link rel="stylesheet" href="/api/swagger-ui.css">
</head>
<body>
<main id="api"></main>
<noscript><p>This page needs scripts; the document itself is at <a href="/v1/openapi.json">/v1/openapi.json</a>.</p></noscript>
<script src="/api/swagger-ui-bundle.js"></script>
<script nonce="${nonce}">${new Html(START)}</script>
</body>
</html>
`
