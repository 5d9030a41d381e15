import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import { buffer } from 'node:stream/consumers'
import express from 'express'
import { accessLog } from '../../src/edge/access-log.ts'
import { answer } from '../../src/edge/answer.ts'
import { type CheckOptions, checks } from '../../src/edge/checked.ts'
import { notFound, problems } from '../../src/edge/problems.ts'
import { serve } from '../../src/edge/serve.ts'
import type { ServerLimits } from '../../src/edge/server-limits.ts'
import { forward } from '../../src/forward/forward.ts'
import { road } from '../../src/road/road.ts'
import { upstream } from '../../src/testing.ts'
import { silent, standing } from '../exchange.ts'
import { wire } from '../raw.ts'

/** What reached the service. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Reads all of a request, then says its path back. `/slow…` takes 100 ms. */
const echo =
  (seen: Seen[]): RequestListener =>
  (req, res) => {
    const { method = '', url = '', headers } = req
    const read = buffer(req).then(async (body) => {
      seen.push({ method, url, headers, body: body.toString('latin1') })
      if (url.startsWith('/slow')) await new Promise((resolve) => setTimeout(resolve, 100))
      res.writeHead(200, { 'content-type': 'text/plain' }).end(`echo of ${url}`)
    })
    read.catch(() => res.destroy())
  }

export interface Given extends CheckOptions {
  readonly limits?: Partial<ServerLimits>
  readonly service?: RequestListener
}

/** A gateway with one forward, `/api/files/*`, before a service that remembers what reaches it. */
export async function gateTo({ limits, service, hosts }: Given = {}) {
  const seen: Seen[] = []
  const stack = new AsyncDisposableStack()
  const far = stack.use(await upstream(service ?? echo(seen)))
  const way = stack.use(road(far.url, { maxRequestBytes: 10_000_000 }))
  const route = forward('/api/files', 'files', { guard: () => ({}), methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'] })
  const bound = [{ route, handle: route.bind(standing({ files: way })) }]
  const around = {
    authenticate: () => Promise.reject(new Error('nobody')),
    log: silent,
    budget: 5_000,
    check: checks({ hosts }),
  }
  const handler = express().use(accessLog(silent), answer(bound, around), notFound, problems)
  const listening = { name: 'gate', port: 0, hostname: '127.0.0.1', portVariable: 'PORT', log: silent }
  const { url, ...server } = stack.use(await serve({ ...listening, handler, limits }))
  return {
    ...server,
    url,
    seen,
    far,
    /** It lives, and another client gets the answer to its own question. */
    async well(host?: string) {
      await using line = await wire(url)
      const path = `/api/files/canary/${randomUUID()}`
      line.write(`GET /livez HTTP/1.1\r\nhost: x\r\n\r\n`)
      await line.until(/200 OK.*live\n.*0\r\n\r\n$/s)
      line.write(`GET ${path} HTTP/1.1\r\nhost: ${host ?? 'shop.example'}\r\nconnection: close\r\n\r\n`)
      const said = await line.closed()
      if (service === undefined && !said.includes(`echo of ${path.slice('/api/files'.length)}\r\n0`))
        throw new Error(`the canary got ${JSON.stringify(said)}`)
      const at = seen.findIndex((one) => path.endsWith(one.url))
      if (at >= 0) seen.splice(at, 1)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export type Gate = Awaited<ReturnType<typeof gateTo>>

export interface Said {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** The answers in what came back, told apart by their framing. */
export function answersIn(text: string): Said[] {
  const found: Said[] = []
  for (let rest = text; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(rest)?.[1])
    if (end < 0 || !(status > 0)) throw new Error(`no answer: ${JSON.stringify(rest)}`)
    const head = rest.slice(0, end)
    const { body, after } = bodyIn(head, status, rest.slice(end + 4))
    found.push({ status, head, body })
    rest = after
  }
  return found
}

function bodyIn(head: string, status: number, rest: string): { body: string; after: string } {
  if (status < 200 || status === 204) return { body: '', after: rest }
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length !== undefined) return { body: rest.slice(0, Number(length)), after: rest.slice(Number(length)) }
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return { body: rest, after: '' }
  let [body, at] = ['', 0]
  for (let size = -1; size !== 0;) {
    const line = rest.indexOf('\r\n', at)
    if (line < 0) throw new Error(`cut short: ${JSON.stringify(rest)}`)
    size = Number.parseInt(rest.slice(at, line), 16)
    if (Number.isNaN(size)) throw new Error(`no chunk: ${JSON.stringify(rest)}`)
    body += rest.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
  return { body, after: rest.slice(at) }
}

/** Everything that comes back for these bytes; on a connection that has carried a fine request first when it is `second`. */
export async function tell(gate: Gate, bytes: string | Buffer, second = false, ms?: number): Promise<Said[]> {
  await using line = await wire(gate.url)
  if (second) {
    line.write('GET /api/files/first HTTP/1.1\r\nhost: shop.example\r\n\r\n')
    await line.until(/echo of \/first/)
  }
  line.write(bytes)
  const answers = answersIn(await line.closed(ms))
  if (!second) return answers
  gate.seen.splice(0, 1)
  return answers.slice(1)
}

/** What every refusal must be, whatever it refuses: one problem, short, kept by nobody, that says nothing back. */
export function problemOf(said: Said | undefined): string {
  const { head, body } = said!
  if (!/\r\ncontent-type: application\/problem\+json(?:\r|$)/.test(head))
    throw new Error(`no problem: ${head}\n${body}`)
  if (!/\r\ncache-control: no-store(?:\r|$)/.test(head) || !/\r\nconnection: close(?:\r|$)/i.test(head))
    throw new Error(head)
  if (body.length > 512 || /evil|127\.0\.0\.1|node:|\.ts:/.test(body)) throw new Error(`it tells too much: ${body}`)
  return (JSON.parse(body) as { code: string }).code
}

export const refused = async (gate: Gate, bytes: string | Buffer, second: boolean): Promise<[number, string]> => {
  const answers = await tell(gate, bytes, second)
  const problem = problemOf(answers[0])
  if (answers.length !== 1) throw new Error(`${answers.length} answers: ${JSON.stringify(answers)}`)
  return [answers[0]!.status, problem]
}

/** A request with these fields; without a body unless one is said. */
export const head = (line: string, ...fields: string[]): string =>
  `${line} HTTP/1.1\r\nhost: shop.example\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
