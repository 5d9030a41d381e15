import type { Logger } from 'pino'
import { type Contract, type Feed, fill, type Followed, type Operation } from '../contract.ts'
import { factsOf } from '../credential.ts'
import type { Exchange } from '../exchange.ts'
import type { Asking } from '../road/asking.ts'
import { Fault } from '../road/fault.ts'
import type { Road } from '../road/road.ts'
import { listenTo } from './listen.ts'
import { Topic } from './topic.ts'

export interface HubOptions {
  readonly log: Logger
  /** Milliseconds a connection outlives its last follower, so that a page reload finds it. Default 5 000. */
  readonly linger?: number
  /** Most concurrent connections. Default 10 000. */
  readonly most?: number
  /** 0 to 1. Default `Math.random`. */
  readonly random?: () => number
}

export interface Hub extends Disposable {
  /**
   * Follows one topic: `hub.follow(asking, 'GET /orders/:id/events', { id, after: 3 })`. Yields what is newer than
   * `after`, then `live`, then new events, each once and in order, across reconnects. Ends with `asking.scope`, or when
   * the iterator is closed. Its first step throws the service's refusal, later ones what ends it for good.
   */
  readonly follow: Follow
  /** Open connections, including those without followers. */
  readonly size: number
}

type Follow = (
  asking: Pick<Asking, 'exchange' | 'scope'>,
  key: string,
  input?: Readonly<Record<string, unknown>>,
) => AsyncIterableIterator<Followed<unknown>>

/**
 * Events before the first follower's position that a new connection requests, for followers that are further behind.
 */
const reach = 100

/**
 * The feeds of one service. Followers of the same topic share one connection, if the service cannot tell them apart:
 * where it sees users, all facts it is told must be equal (`factsOf`). The service decides who may see what, so no
 * other user's connection can stand in for its consent; two devices of one person are two sessions, and ask separately.
 */
export function hub(upstream: string, contract: Contract, road: Road, options: HubOptions): Hub {
  const { log, linger = 5_000, most = 10_000, random = Math.random } = options
  const topics = new Map<string, Topic>()
  const open = (name: string, key: string, input: Readonly<Record<string, unknown>>, after: number): Topic => {
    if (topics.size >= most) throw new Fault('full', upstream)
    const operation = contract[key as keyof Contract] as Operation & { readonly feed: Feed }
    const topic = new Topic({
      upstream,
      key,
      listen: listenTo(upstream, road, key, operation, input),
      floor: Math.max(0, after - reach),
      timeout: road.policy.timeout,
      linger,
      gone: () => topics.delete(name),
      log,
      random,
    })
    topics.set(name, topic)
    return topic
  }
  return {
    follow(asking, key, input = {}) {
      const { feed } = contract[key as keyof Contract] as Operation
      const { [feed!.after]: after = 0, ...which } = input
      const name = `${viewer(asking.exchange, road)} ${fill(key, which).url}`
      const topic = topics.get(name) ?? open(name, key, which, Number(after))
      return topic.follow(asking, Number(after))
    },
    get size() {
      return topics.size
    },
    [Symbol.dispose]() {
      for (const topic of topics.values()) topic.end(new Fault('aborted', upstream))
    },
  }
}

const viewer = ({ identity }: Exchange, { policy }: Road): string =>
  policy.token === 'user' && identity !== undefined ? factsOf(identity) : ''
