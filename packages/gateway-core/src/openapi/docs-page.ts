import { operationOf } from './docs-operation.ts'
import { shape } from './docs-shape.ts'
import type { Document, Explained } from './document.ts'
import { anchor, html, type Markup, prose } from './html.ts'

/**
 * Renders a document as one HTML page without scripts, styled by `docs/style.css` beside it. Every operation, schema
 * and problem has an anchor: `#getApiCart`, `#shape-Price`, `#problem-cart-empty`.
 */
export function docsPage(document: Document): string {
  const { title } = document.info
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="stylesheet" href="docs/style.css" />
      </head>
      <body>
        <a class="skip" href="#operations">To the operations</a>
        ${heading(document)}
        <div class="columns">
          ${contents(document)}
          <main id="operations">
            ${document.tags.map(({ name }) => group(document, name))} ${shapes(document)} ${problems(document)}
          </main>
        </div>
      </body>
    </html>`.markup
}

const heading = ({ info, openapi }: Document): Markup =>
  html`<header>
    <h1>${info.title}</h1>
    <p>Version ${info.version} · <a href="openapi.json">OpenAPI ${openapi}</a></p>
    ${info.description !== undefined && html`<p>${prose(info.description)}</p>`}
  </header>`

const contents = ({ tags }: Document): Markup =>
  html`<nav aria-label="Contents">
    <ul>
      ${tags.map(({ name }) => html`<li><a href="#tag-${anchor(name)}">${name}</a></li>`)}
      <li class="apart"><a href="#shapes">Shapes</a></li>
      <li><a href="#problems">Problems</a></li>
    </ul>
  </nav>`

function group(document: Document, tag: string): Markup {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { tags }]) => tags.includes(tag))
      .map(([method, operation]) => operationOf(document, method, path, operation)),
  )
  return html`<section id="tag-${anchor(tag)}">
    <h2>${tag}</h2>
    ${operations}
  </section>`
}

const shapes = ({ components }: Document): Markup =>
  html`<section id="shapes">
    <h2>Shapes</h2>
    ${Object.entries(components.schemas).map(
      ([name, schema]) =>
        html`<article id="shape-${anchor(name)}">
          <h3>${name}</h3>
          <div class="body">${shape(schema)}</div>
        </article>`,
    )}
  </section>`

const problems = (document: Document): Markup =>
  html`<section id="problems">
    <h2>Problems</h2>
    <p>Every refusal is <code>application/problem+json</code> with a stable <code>code</code>.</p>
    ${Object.entries(document['x-problems']).map(problem)}
  </section>`

const problem = ([code, { statuses, meaning, again }]: readonly [string, Explained]): Markup =>
  html`<article class="problem" id="problem-${anchor(code)}">
    <h3><code>${code}</code> <span class="status">${statuses.join(', ')}</span></h3>
    <p>${prose(meaning)}${again && html` <span class="badge">may be tried again</span>`}</p>
  </article>`
