import {
  create,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import { trailOfNow } from '../../part.ts'
import { problem, type Problem } from '../../problem.ts'
import type { Asking } from '../asking.ts'
import type { Call } from '../call.ts'
import { Fault, problemOf } from '../fault.ts'
import { isStaleAnswer } from '../filters/report.ts'
import { named } from '../headers.ts'
import type { Road } from '../road.ts'
import { StreamEnd } from './answering.ts'
import { messages } from './messages.ts'
import { type DeclaredErrors, refusal } from './refusal.ts'
import { idempotencyOf, spell } from './spell.ts'

/** A method, called for one screen. Client-streaming methods are left out. */
export type Remote =
  | { readonly answers: 'once'; readonly call: (asking: Asking, input: unknown) => Promise<unknown> }
  | { readonly answers: 'often'; readonly call: (asking: Asking, input: unknown) => AsyncIterableIterator<unknown> }

/** The methods of a generated service, called over a road. Failures are `Problem`s. */
export function grpcClient(upstream: string, service: DescService, road: Road): Readonly<Record<string, Remote>> {
  const { errors = {} } = service as { readonly errors?: Readonly<Record<string, DeclaredErrors>> }
  const calls: Record<string, Remote> = {}
  for (const method of service.methods) {
    const remote = { upstream, method, road, declared: errors[method.localName] }
    if (method.methodKind === 'unary') calls[method.localName] = { answers: 'once', call: unary(remote) }
    if (method.methodKind === 'server_streaming') calls[method.localName] = { answers: 'often', call: stream(remote) }
  }
  return calls
}

interface RemoteMethod {
  readonly upstream: string
  readonly method: DescMethod
  readonly road: Road
  readonly declared: DeclaredErrors | undefined
}

function unary(remote: RemoteMethod): (asking: Asking, input: unknown) => Promise<unknown> {
  const { upstream, method, road, declared } = remote
  const { maxBytes, token } = road.policy
  const make = caller(remote)
  return async (asking, input) => {
    const trail = trailOfNow()
    try {
      const reply = await road.send(make(asking, input))
      if (reply.status !== 200) throw refusal(upstream, reply, declared)
      const bytes = await reply.body.bytes(maxBytes, upstream)
      asking.heard.push(heardOf(upstream, method, token))
      if (trail !== undefined && isStaleAnswer(reply.headers)) trail.mark()
      return decode(method, bytes, upstream)
    } catch (error) {
      throw asProblem(error, upstream, declared)
    }
  }
}

function stream(remote: RemoteMethod): (asking: Asking, input: unknown) => AsyncIterableIterator<unknown> {
  const { upstream, method, road, declared } = remote
  const make = caller(remote)
  return (asking, input) => {
    let opened: Promise<AsyncIterableIterator<Buffer>> | undefined
    const open = async () => {
      const reply = await road.send(make(asking, input))
      if (reply.status !== 200) throw refusal(upstream, reply, declared)
      asking.heard.push(heardOf(upstream, method, road.policy.token))
      return messages(reply.body)
    }
    return {
      async next() {
        try {
          const { done, value } = await (await (opened ??= open())).next()
          return done === true ? { done, value: undefined } : { done: false, value: decode(method, value, upstream) }
        } catch (error) {
          throw asProblem(error, upstream, declared)
        }
      },
      async return() {
        await opened?.then((all) => all.return?.(), ignore)
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }
}

const ignore = (): void => undefined

/** Builds the calls of one method. */
function caller({ upstream, method, road }: RemoteMethod): (asking: Asking, input: unknown) => Call {
  const { headers: names, idempotency, maxBytes } = road.policy
  const kind = idempotencyOf(method, idempotency)
  return ({ exchange, scope, until }, input) => {
    const message = toBinary(method.input, create(method.input, input as MessageInitShape<typeof method.input>))
    if (message.length > maxBytes)
      throw new RangeError(
        `${upstream} ${method.localName}: a message of ${message.length} bytes, more than ${maxBytes}`,
      )
    const headers = names.length === 0 ? none : named(exchange, names)
    return { upstream, ...spell(method, kind, message), headers, until, scope, exchange }
  }
}

const none = {}

const heardOf = (upstream: string, { localName: key }: DescMethod, token: Road['policy']['token']) => ({
  upstream,
  key,
  url: '',
  status: 200,
  headers: undefined,
  personal: token === 'user',
})

function decode({ output }: DescMethod, bytes: Uint8Array, upstream: string): unknown {
  try {
    return fromBinary(output, bytes)
  } catch (error) {
    throw new Fault('malformed', upstream, error)
  }
}

/** No connection is UNAVAILABLE, as in every gRPC client; other faults map as over HTTP. */
function asProblem(error: unknown, upstream: string, declared: DeclaredErrors | undefined): unknown {
  if (error instanceof StreamEnd) return refusal(upstream, error.reply, declared)
  if (!(error instanceof Fault)) return error
  return error.kind === 'refused' ? unavailable(error) : problemOf(error)
}

const unavailable = (fault: Fault): Problem =>
  problem(503, 'upstream-unavailable', { source: fault.upstream, cause: fault, headers: { 'retry-after': '1' } })
