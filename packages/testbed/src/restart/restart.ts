import { type Issuer, issuer } from '../issuer.ts'
import { until } from '../until.ts'
import { answersOf, type Asked, download, order } from './ask.ts'
import { pairOf } from './pair.ts'
import { compared, type Report } from './report.ts'
import { type SlowService, slowService } from './service.ts'
import { followInApp } from './sockets.ts'
import { followStream } from './streams.ts'

export interface RestartOptions {
  /** Downloads through web-bff and orders by mobile-bff: in all, and half of them are under way at each restart. */
  readonly requests: number
  readonly writes: number
  /** Event streams of web-bff and sockets of mobile-bff. */
  readonly streams: number
  readonly sockets: number
  /** Instead: one process of each BFF is killed, and not started again. */
  readonly kill?: boolean
}

/** So many follow the same order as the same person, who may have eight sockets. */
const perOrder = 5

/** Restart two processes of each BFF behind a balancer, one after the other, while all of this is under way. */
export async function rollingRestart(options: RestartOptions): Promise<Report> {
  await using stack = new AsyncDisposableStack()
  const { service, people, web, mobile } = await open(stack)
  const { streams, sockets } = follow(stack, options, { web: web.url, mobile: mobile.url, people })
  const all = [...streams, ...sockets]
  await until(() => all.every(({ live }) => live), 60_000)
  service.begin()
  const [requests, writes]: [Asked[], Asked[]] = [[], []]
  const exits: (number | null)[] = []
  const buyer = people.token('buyer')
  const turns = options.kill === true ? 1 : 2
  for (let turn = 0; turn < turns; turn++) {
    const first = requests.length
    await underWay(requests, options.requests / turns, service, (nth) => download(web.url, first + nth))
    await underWay(writes, options.writes / turns, service, () => order(mobile.url, buyer))
    const away = [web, mobile].map((pair) => (options.kill === true ? pair.kill(turn) : pair.restart(turn)))
    exits.push(...(await Promise.all(away)))
    await patience(() => all.every(({ live }) => live))
  }
  service.end()
  await patience(() => all.every(({ revs }) => revs.at(-1) === service.rev))
  return {
    requests: await answersOf(requests, service.arrivals),
    writes: await answersOf(writes, service.arrivals),
    streams: compared(streams, service.rev),
    sockets: compared(sockets, service.rev),
    exits,
  }
}

/** Whoever does not come back is counted in the end. */
const patience = (holds: () => boolean): Promise<void> => until(holds).catch(() => undefined)

/** Asks some at a time, once those before have arrived: all of it is one process here, which would be late in each of its parts. */
async function underWay(asked: Asked[], many: number, { arrivals }: SlowService, ask: (nth: number) => Asked) {
  const arrived = ({ key, isOver }: Asked) => isOver() || arrivals.has(key)
  for (let begun = 0; begun < many; begun += 25) {
    const some = Array.from({ length: Math.min(25, many - begun) }, (_, i) => ask(begun + i))
    asked.push(...some)
    await until(() => some.every(arrived))
  }
}

async function open(stack: AsyncDisposableStack) {
  const service = stack.use(await slowService())
  const people = stack.use(await issuer())
  const env = {
    ...Object.fromEntries(['CATALOG', 'ORDERS', 'TRACKING'].map((name) => [`${name}_URL`, service.url])),
    IDENTITY_URL: people.url,
    // Longer than the balancer needs to notice, and shorter than an answer takes.
    DRAIN_DELAY_MS: '500',
    REQUESTS_PER_MINUTE: '100000',
  }
  const web = stack.use(await pairOf('web', env))
  const mobile = stack.use(await pairOf('mobile', env))
  return { service, people, web, mobile }
}

interface Where {
  readonly web: string
  readonly mobile: string
  readonly people: Issuer
}

function follow(stack: AsyncDisposableStack, given: RestartOptions, { web, mobile, people }: Where) {
  const whose = (nth: number) => `user-${Math.floor(nth / perOrder)}`
  const streams = Array.from({ length: given.streams }, (_, i) => {
    const user = whose(i)
    return stack.use(followStream(`${web}/api/orders/${user}/events`, user)).heard
  })
  const tokens = new Map<string, string>()
  const sockets = Array.from({ length: given.sockets }, (_, i) => {
    const user = whose(i)
    tokens.set(user, tokens.get(user) ?? people.token(user))
    return stack.use(followInApp(mobile, tokens.get(user)!, user)).heard
  })
  return { streams, sockets }
}
