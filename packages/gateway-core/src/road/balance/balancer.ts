import type { FullPolicy } from '../../policy.ts'
import type { Call, Reply, Service } from '../call.ts'
import type { Resolver } from '../discover/resolver.ts'
import { Fault, faultOf } from '../fault.ts'
import { attempt } from './attempt.ts'
import { Fleet, type FleetOptions, type FleetPolicy } from './fleet.ts'
import type { Instance } from './instance.ts'
import { split } from './split.ts'
import { isUnsent } from './unsent.ts'

export type BalancePolicy = FleetPolicy & Pick<FullPolicy, 'split' | 'timeout'>

export interface Balancer extends AsyncDisposable {
  readonly send: Service
  /** All current instances, of every arm. */
  readonly instances: readonly Instance[]
  /** A service for one arm, whatever `split` says; undefined when no address can belong to it. */
  to(arm: string): Service | undefined
}

/**
 * Balances the calls to one upstream. For each call it picks the arm by `split`, or `main` if that arm has no healthy
 * instance, and a healthy instance not in `call.tried`, to which it adds it.
 *
 * An address that refuses the connection has received nothing, so up to two others are tried at once, whatever the
 * method (except for a streamed body). Calls wait for the first address to be known. Rejects with the fault `refused`
 * if there is none. The caller disposes the resolver.
 */
export function balancer(resolver: Resolver, policy: BalancePolicy, options: FleetOptions): Balancer {
  const fleet = new Fleet(resolver, policy, options)
  const { now = () => performance.now() } = options
  const serviceBy = (choice: Choice) => service(choice, resolver, policy.timeout, now)
  const [only] = fleet.instances
  return {
    send: serviceBy(fleet.alone ? () => only : byArm(fleet, policy)),
    get instances() {
      return fleet.instances
    },
    to(name) {
      const arm = fleet.arms.get(name)
      return arm && serviceBy((call, at) => arm.pick(call, at))
    },
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  }
}

type Choice = (call: Call, now: number) => Instance | undefined

function byArm(fleet: Fleet, policy: BalancePolicy): Choice {
  const armOf = split(policy)
  const main = fleet.arms.get('main')
  if (armOf === undefined) return (call, now) => main?.pick(call, now)
  return (call, now) => {
    const arm = fleet.arms.get(armOf(call.exchange))
    return (arm?.hasWell(call, now) === true ? arm : main)?.pick(call, now)
  }
}

/** Most addresses tried one after the other for lack of a connection. */
const mostAsked = 3

function service(choice: Choice, resolver: Resolver, timeout: number, now: () => number): Service {
  return async (call) => {
    if (resolver.addresses.length === 0) await known(resolver, call)
    const start = now()
    const instance = choice(call, start)
    if (instance === undefined) throw new Fault('refused', call.upstream, new Error('no address is known'))
    try {
      return await attempt(instance, call, start, timeout, now)
    } catch (error) {
      if (!isUnsent(error, call)) throw error
      return await elsewhere(error, { ...call, tried: call.tried ?? new Set([instance]) })
    }
  }

  async function elsewhere(first: unknown, call: Call & { tried: Set<unknown> }): Promise<Reply> {
    let error = first
    for (let asked = 1; asked < mostAsked && isUnsent(error, call); asked++) {
      const start = now()
      const instance = choice(call, start)
      if (instance === undefined || call.tried.has(instance)) break
      try {
        return await attempt(instance, call, start, timeout, now)
      } catch (next) {
        error = next
      }
    }
    throw error
  }
}

/** Waits for the first address, but no longer than the call's scope. */
const known = (resolver: Resolver, { upstream, scope }: Call): Promise<void> =>
  new Promise((resolve, reject) => {
    const release = scope.onEnd((reason) => {
      const fault = faultOf(reason, upstream, scope)
      reject(fault.kind === 'timeout' ? new Fault('refused', upstream, fault) : fault)
    })
    void resolver.ready().then(() => {
      release()
      resolve()
    })
  })
