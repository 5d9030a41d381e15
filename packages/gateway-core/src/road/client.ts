import { type AxiosRequestConfig, isAxiosError, isCancel } from 'axios'
import { type Contract, fill, type Operation } from '../contract.ts'
import { trailOfNow } from '../part.ts'
import { problem, Problem } from '../problem.ts'
import { validate } from '../validate.ts'
import type { Asking } from './asking.ts'
import { axiosOn, Freight } from './axios.ts'
import { Fault, faultOf, problemOf } from './fault.ts'
import { isStaleAnswer } from './filters/report.ts'
import { named } from './headers.ts'
import type { Road } from './road.ts'

export type Send = (asking: Asking, key: string, input?: Record<string, unknown>) => Promise<unknown>

/**
 * Calls an upstream by its contract: encode, send, read, decode; anything but a declared response throws a `Problem`.
 */
export function client(upstream: string, contract: Contract, road: Road): Send {
  const http = axiosOn(upstream, road)
  const { token, headers: names } = road.policy
  const personal = token === 'user'
  return async (asking, key, input) => {
    const trail = trailOfNow()
    const operation = contract[key as keyof Contract] as Operation
    const { method, url, headers, body } = fill(key, input)
    const data = body === undefined ? undefined : JSON.stringify(body)
    const type = data === undefined ? acceptJson : sendJson
    const own = headers === undefined ? type : { ...type, ...headers }
    const freight = new Freight(asking, names.length === 0 ? own : { ...named(asking.exchange, names), ...own })
    try {
      const answer = await http.request<string>({ method, url, data, freight } as AxiosRequestConfig)
      asking.heard.push({ upstream, key, url, status: answer.status, headers: freight.heard, personal })
      if (trail !== undefined && isStaleAnswer(freight.heard!)) trail.mark()
      return await decode(upstream, key, operation, road, asking, answer.status, answer.data)
    } catch (error) {
      if (error instanceof Problem) throw error
      if (error instanceof Fault || isAxiosError(error) || isCancel(error))
        throw problemOf(faultOf(error, upstream, asking.scope))
      throw error
    }
  }
}

const acceptJson = { accept: 'application/json' }
const sendJson = { ...acceptJson, 'content-type': 'application/json' }

async function decode(
  upstream: string,
  key: string,
  operation: Operation,
  { policy }: Road,
  { exchange }: Asking,
  status: number,
  text: string,
): Promise<unknown> {
  if (status < 200 || status > 299) throw declared(upstream, operation, status, text)
  if (operation.out === undefined) return undefined
  const value = parse(text)
  if (value === undefined) throw problemOf(new Fault('malformed', upstream))
  if (policy.validate === 'off') return value
  const result = await validate(operation.out, value)
  if ('value' in result) return result.value
  if (policy.validate === 'enforce') throw problemOf(new Fault('malformed', upstream, result.faults))
  const { traceId, log } = exchange
  log.warn({ traceId, upstream, key, faults: result.faults }, 'an answer that does not match its contract')
  return value
}

/** Errors the contract declares pass unchanged. Any other is the upstream's failure, whatever its status. */
function declared(upstream: string, operation: Operation, status: number, text: string): Problem {
  const body = parse(text)
  const { code, detail } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  if (typeof code === 'string' && operation.errors?.[code] === status) {
    return problem(status, code, {
      source: upstream,
      own: true,
      detail: typeof detail === 'string' ? detail : undefined,
    })
  }
  return problem(502, 'upstream-failed', { source: upstream, cause: new Error(`${upstream} answered ${status}`) })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
