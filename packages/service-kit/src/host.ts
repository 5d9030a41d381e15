import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { problem, Problem } from '@bff/gateway-core/problem'
import { type Listening, sendProblem, serve, type ServeOptions } from '@bff/gateway-core/server'
import { z } from 'zod'
import { Fault, type Faults, type FaultSwitch, faultSwitch, type Verdict } from './faults.ts'
import { serveH2c } from './h2c.ts'

export interface HostOptions extends Omit<ServeOptions, 'release'> {
  /** Default `http`. `h2c` is HTTP/2 without TLS, which is what gRPC speaks inside an estate. */
  readonly protocol?: 'http' | 'h2c' | undefined
  /** Whether `/__faults` may make this service fail on purpose. Never in production. */
  readonly faults: boolean
  /** Called last, once nothing is under way any more. */
  readonly close?: (() => void | Promise<void>) | undefined
}

export interface Running extends Listening {
  readonly faults: Faults
}

/** Put a handler on a socket, as every service of the estate is: health, readiness, fault switch, graceful stop. */
export async function host({ protocol = 'http', faults: allowed, close, ...options }: HostOptions): Promise<Running> {
  const faults = faultSwitch()
  const { upgrade } = options
  const listening = await (protocol === 'http' ? serve : serveH2c)({
    ...options,
    handler: allowed ? failing(faults, options.handler) : options.handler,
    upgrade: allowed && upgrade !== undefined ? failingUpgrade(faults, upgrade) : upgrade,
    release: {
      async [Symbol.asyncDispose]() {
        await close?.()
      },
    },
  })
  return { ...listening, faults }
}

const failing =
  (faults: FaultSwitch, handler: RequestListener): RequestListener =>
  (req, res) => {
    const path = pathOf(req)
    if (path === '/__faults') return void control(faults, req, res)
    if (faults.active.length === 0) return handler(req, res)
    return void faults.decide(req.method ?? '', path).then((verdict) => suffer(verdict, req, res, handler))
  }

function suffer(verdict: Verdict, req: IncomingMessage, res: ServerResponse, handler: RequestListener): void {
  if (verdict === 'pass') handler(req, res)
  else if (verdict === 'reset') res.destroy()
  else if (verdict === 'truncate') truncate(res)
  else if (verdict !== 'hang') sendProblem(res, problem(verdict.status, 'injected-fault'), traceId())
}

/** Announce a whole body, and cut the connection half way through it. */
function truncate(res: ServerResponse): void {
  const body = '{"this":"answer is not going to be complete"}'
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  res.write(body.slice(0, body.length / 2), () => setImmediate(() => res.destroy()))
}

const failingUpgrade =
  (faults: FaultSwitch, upgrade: NonNullable<ServeOptions['upgrade']>) =>
  (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    void faults.decide(req.method ?? '', pathOf(req)).then((verdict) => {
      if (verdict === 'pass') upgrade(req, socket, head)
      else if (verdict !== 'hang') socket.destroy()
    })
  }

async function control(faults: FaultSwitch, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    if (req.method === 'PUT') faults.set(await wanted(req))
    else if (req.method === 'DELETE') faults.clear()
    else if (req.method !== 'GET') throw problem(405, 'method-not-allowed', { headers: { allow: 'GET, PUT, DELETE' } })
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(faults.active))
  } catch (error) {
    const failed =
      error instanceof Problem ? error : problem(400, 'invalid-fault', { detail: (error as Error).message })
    sendProblem(res, failed, traceId())
  }
}

async function wanted(req: IncomingMessage): Promise<z.input<typeof Fault>[]> {
  const chunks: Buffer[] = []
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
  return z.array(Fault).parse(Array.isArray(body) ? body : [body])
}

const traceId = (): string => crypto.randomUUID().replaceAll('-', '')

const pathOf = (req: IncomingMessage): string => (req.url ?? '').split('?', 1)[0]!
