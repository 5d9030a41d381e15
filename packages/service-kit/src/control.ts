import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Operation } from '@bff/gateway-core/contract'
import { problem, Problem } from '@bff/gateway-core/problem'
import { receive } from '@bff/gateway-core/receive'
import { sendProblem, traceIdOf } from '@bff/gateway-core/server'
import { z } from 'zod'
import { Fault, type FaultSwitch } from './faults.ts'

const put: Operation = { body: z.preprocess((body) => (Array.isArray(body) ? body : [body]), z.array(Fault)) }

/** `GET`, `PUT` and `DELETE /__faults`. A PUT replaces all faults: one, or an array. */
export async function control(faults: FaultSwitch, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    if (req.method === 'PUT') faults.set(await wanted(req))
    else if (req.method === 'DELETE') faults.clear()
    else if (req.method !== 'GET') throw problem(405, 'method-not-allowed', { headers: { allow: 'GET, PUT, DELETE' } })
    res.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    res.end(JSON.stringify(faults.active))
  } catch (error) {
    sendProblem(
      res,
      error instanceof Problem ? error : problem(500, 'internal-error', { cause: error }),
      traceIdOf(req.headers),
    )
  }
}

async function wanted(req: IncomingMessage): Promise<Fault[]> {
  const { body } = await receive(put, req, { params: {}, query: new URLSearchParams() })
  return body as Fault[]
}
