import {
  type Content,
  type Described,
  type Document,
  type Parameter,
  type Reference,
  resolve,
  type Response,
} from './document.ts'
import { exampleOf } from './docs-example.ts'
import { maybe, shape } from './docs-shape.ts'
import { anchor, html, type Markup, prose } from './html.ts'

/** One operation, collapsed: inputs, responses, problems. */
export function operationOf(document: Document, method: string, path: string, operation: Described): Markup {
  const { operationId, summary, deprecated, security, responses } = operation
  const all = Object.entries(responses)
  const old = deprecated && html`<span class="badge warn">deprecated</span>`
  return html`<details class="operation" id="${anchor(operationId)}">
    <summary>
      <span class="method ${method}">${method.toUpperCase()}</span> <code class="path">${path}</code>
      <span class="summary">${summary}</span> ${old}
      <span class="badge">${security.length === 0 ? 'anybody' : 'signed in'}</span>
    </summary>
    <div class="inside">
      ${until(operation)} ${inputs(document, operation)}
      ${all.filter(([status]) => status < '3').map(([status, one]) => answer(document, status, one))}
      <h4>May fail with</h4>
      ${failures(document, all)}
    </div>
  </details>`
}

function until({ 'x-deprecated-since': since, 'x-sunset': sunset, externalDocs }: Described): Markup | undefined {
  if (since === undefined) return undefined
  const said =
    sunset === undefined ? `Deprecated since ${since}.` : `Deprecated since ${since}, gone from ${sunset} on.`
  const link = externalDocs && html`<a href="${safe(externalDocs.url)}" rel="noreferrer">What to do instead</a>`
  return html`<p class="warn">${said} ${link}</p>`
}

function inputs(document: Document, { parameters = [], requestBody }: Described): Markup {
  const taken = parameters.map((one) => resolve<Parameter>(document, one))
  return html`${
    taken.length > 0 &&
    html`<h4>Takes</h4>
      ${table(taken)}`
  }
  ${
    requestBody &&
    html`<h4>Body</h4>
      ${bodyOf(requestBody.content, document)}`
  }`
}

/** Links to scripts become `#`. */
const safe = (url: string): string => (/^(?:https?:\/)?\//i.test(url) ? url : '#')

const table = (parameters: readonly Parameter[]): Markup =>
  html`<div class="wide">
    <table>
      <thead>
        <tr>
          <th scope="col">name</th>
          <th scope="col">in</th>
          <th scope="col">what</th>
        </tr>
      </thead>
      <tbody>
        ${parameters.map(row)}
      </tbody>
    </table>
  </div>`

function row({ name, in: place, required, description, schema }: Parameter): Markup {
  const note = description !== undefined && html`<span class="note">${prose(description)}</span>`
  return html`<tr>
    <td><code>${name}</code>${maybe(required)}</td>
    <td>${place}</td>
    <td>${shape(schema)} ${note}</td>
  </tr>`
}

function bodyOf(content: Content, document: Document): Markup {
  const { schema = {} } = content['application/json'] ?? content['text/event-stream'] ?? {}
  return html`<div class="body">${shape(schema)}</div>
    <details class="example">
      <summary>Example</summary>
      <pre tabindex="0">${JSON.stringify(exampleOf(schema, document), null, 2)}</pre>
    </details>`
}

function answer(document: Document, status: string, response: Response | Reference): Markup {
  const { description, headers, content } = resolve<Response>(document, response)
  const names = Object.keys(headers ?? {}).map((name) => html`<code>${name}</code> `)
  return html`<h4>Answers ${status} ${description}</h4>
    ${content && bodyOf(content, document)} ${names.length > 0 && html`<p class="note">With ${names}</p>`}`
}

/** Rows of problems; those common to all requests are listed once, at the end of the page. */
function failures(document: Document, responses: readonly (readonly [string, Response | Reference])[]): Markup {
  const rows = responses
    .filter(([status]) => status >= '4' && status !== 'default')
    .map(([status, response]) => [status, codesOf(resolve<Response>(document, response))] as const)
  return html`<ul class="failures">
    ${rows.map(
      ([status, codes]) =>
        html`<li>
          <span class="status">${status}</span>
          ${codes.map((code) => html`<a href="#problem-${anchor(code)}"><code>${code}</code></a> `)}
        </li>`,
    )}
  </ul>`
}

/** Every problem code of a response. */
export const codesOf = ({ content }: Response): readonly string[] => {
  const { schema } = content?.['application/problem+json'] ?? {}
  return (schema?.allOf ?? []).flatMap(({ properties }) => (properties?.['code']?.enum ?? []) as readonly string[])
}
