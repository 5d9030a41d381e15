import { type Agent, type IncomingHttpHeaders, request } from 'node:http'

/** What a client saw. */
export interface Answer {
  /** 0: the connection died before any answer. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** It ended as its framing said it would. */
  readonly whole: boolean
  /** On a connection that had carried another before. */
  readonly reused: boolean
  readonly ms: number
}

export interface Question {
  readonly agent?: Agent
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  /** Let go of the connection: after so many ms, or of so many bytes of the answer's body. `reset` with a RST. */
  readonly leave?: { readonly after: number; readonly unit: 'ms' | 'bytes'; readonly reset: boolean }
}

/** Ask as a plain client does, and always resolve with what came of it. */
export function ask(url: string, question: Question = {}): Promise<Answer> {
  const { agent, method = 'GET', headers = {}, body, leave } = question
  const start = performance.now()
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    let answered: { status: number; headers: IncomingHttpHeaders } = { status: 0, headers: {} }
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const req = request(url, { agent, method, headers: { ...headers, ...length } })
    const go = () => {
      if (leave?.reset === true) req.socket?.resetAndDestroy()
      req.destroy()
    }
    const timer = leave?.unit === 'ms' ? setTimeout(go, leave.after) : undefined
    const done = (whole: boolean) => {
      clearTimeout(timer)
      const ms = performance.now() - start
      resolve({ ...answered, body: Buffer.concat(chunks), whole, reused: req.reusedSocket, ms })
    }
    req.on('error', () => done(false))
    req.on('close', () => done(false))
    req.on('response', (res) => {
      answered = { status: res.statusCode!, headers: res.headers }
      res.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (leave?.unit === 'bytes' && size >= leave.after) go()
      })
      res.on('error', () => done(false))
      res.on('end', () => done(res.complete))
    })
    req.end(body)
  })
}

/** The body as the problem it must be: with everything that every problem has, and nothing that none may have. */
export function problemIn(answer: Answer): { status: number; code: string; source?: string } {
  const text = answer.body.toString()
  const told = /127\.0\.0\.1|localhost|\\n|\.ts:|node:/.exec(text)
  if (answer.headers['content-type'] !== 'application/problem+json' || answer.headers['cache-control'] !== 'no-store')
    throw new Error(`no problem, or one that may be kept: ${answer.status} ${JSON.stringify(answer.headers)} ${text}`)
  if (told !== null || text.length > 512) throw new Error(`a problem that tells too much: ${text}`)
  const { status, code, source } = JSON.parse(text) as { status: number; code: string; source?: string }
  if (status !== answer.status) throw new Error(`a problem that says ${status} in an answer that says ${answer.status}`)
  return source === undefined ? { status, code } : { status, code, source }
}
