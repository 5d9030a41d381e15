import { expect, it } from '@jest/globals'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type Answer, ask, problemIn } from './ask.ts'
import { bothDoors, pathOf } from './both-doors.ts'
import { escaped, resources, settled } from './leaks.ts'
import { answerTo, faults, hashOf, isOnce, type Plan, plansOf, sentBy } from './plans.ts'
import { rawUpstream } from './raw.ts'

/** `LEDGER_SEED=… LEDGER_PLANS=…` makes other plans, or more; the seed of a failure makes it again. */
const seed = Number(process.env['LEDGER_SEED'] ?? 1)
const count = Number(process.env['LEDGER_PLANS'] ?? 2_400)

/** Long for what is well: 64 clients, the gateway and its service share one loop, and each attempt crosses it often. */
const policy = { timeout: 4_000, idleTimeout: 2_000, streamTimeout: 5_000, attempts: 3, retryBudget: 1 }

/** Milliseconds by which all that a policy allows is over, and what a busy machine may add. */
const bound = policy.timeout + policy.streamTimeout + 1_500

/** A service that does what it is asked, writes down what it has done, and errs as planned. */
async function bookkeeper(plans: readonly Plan[]) {
  /** Hashes of what was done, by plan. */
  const ledger = new Map<number, string[]>()
  const asked = new Map<number, number>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    const queue: Buffer[] = []
    let request: { plan: Plan; left: number; body: Buffer[]; well: boolean } | undefined
    const begin = (head: string, rest: Buffer) => {
      const id = Number(/^\S+ \/items\/(\d+) /.exec(head)![1])
      const nth = (asked.get(id) ?? 0) + 1
      asked.set(id, nth)
      const left = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
      const plan = plans[id]!
      request = { plan, left, body: [], well: plan.once && nth > 1 }
      if (plan.phase === 'request' && !request.well) return fail(socket, plan.how)
      take(rest)
    }
    const take = (chunk: Buffer) => {
      const { plan, body, well } = request!
      body.push(chunk)
      request!.left -= chunk.length
      if (request!.left > 0) return
      request = undefined
      ledger.set(plan.id, [...(ledger.get(plan.id) ?? []), hashOf(Buffer.concat(body))])
      setTimeout(() => reply(socket, well ? { ...plan, phase: 'none', how: 'none' } : plan), plan.delay)
    }
    socket.on('data', (chunk) => {
      if (request !== undefined) return request.plan.phase === 'request' && !request.well ? undefined : take(chunk)
      queue.push(chunk)
      const all = Buffer.concat(queue)
      const end = all.indexOf('\r\n\r\n')
      if (end < 0) return
      queue.length = 0
      begin(all.toString('latin1', 0, end + 2), all.subarray(end + 4))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ledger,
    asked,
    hangUp: () => sockets.forEach((socket) => socket.destroy()),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function fail(socket: Socket, how: Plan['how']): void {
  if (how === 'reset') socket.resetAndDestroy()
  else if (how === 'end') socket.end()
  else if (how === 'garbage') socket.write('garbage\r\n\r\n')
  else if (how === 'busy') socket.write('HTTP/1.1 503 No\r\ncontent-length: 4\r\n\r\nbusy')
  else if (how === 'early') socket.end('HTTP/1.1 409 No\r\ncontent-length: 6\r\n\r\nenough')
  // Silence it is. A service of HTTP would not take another request on this connection either.
}

function reply(socket: Socket, plan: Plan): void {
  const { phase, how, chunked } = plan
  if (phase === 'head') return fail(socket, how)
  const body = answerTo(plan)
  const framing = chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${framing}\r\n\r\n`
  const frame = (piece: string) => (chunked ? `${piece.length.toString(16)}\r\n${piece}\r\n` : piece)
  const part = { start: 0, middle: body.length >> 1, last: body.length - 1 }[phase as 'start']
  if (part !== undefined) {
    socket.write(head + (part > 0 ? frame(body.slice(0, part)) : ''), () =>
      how === 'garbage' && !chunked ? socket.end() : fail(socket, how),
    )
    return
  }
  const whole = head + frame(body) + (chunked ? '0\r\n\r\n' : '')
  if (how === 'surplus') socket.write(`${whole}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong`)
  else socket.write(whole, () => phase === 'idle' && setTimeout(() => fail(socket, how), plan.delay / 8))
}

/** What is wrong with how a plan came out; `undefined` when nothing is. */
function wrong(plan: Plan, answer: Answer, done: readonly string[]): string | undefined {
  const { status, whole, body, ms } = answer
  const right = hashOf(sentBy(plan))
  if (done.some((hash) => hash !== right)) return 'the service did something else than was asked'
  if (done.length > (isOnce(plan) ? 1 : policy.attempts + 1)) return `done ${done.length} times`
  if (plan.phase === 'connect' && done.length > 0) return 'done where nothing listens'
  if (status >= 200 && status < 300 && whole) {
    if (done.length === 0) return 'success, and nothing done'
    return body.toString() === answerTo(plan) ? undefined : `other bytes: ${body.subarray(0, 99).toString()}`
  }
  if (plan.leave !== undefined) return undefined
  if (ms > bound) return `told after ${Math.round(ms)} ms`
  const well = plan.phase === 'none' || plan.phase === 'idle'
  // A read finds another connection when its own has just died, a write must not try.
  if (well && !(isOnce(plan) && status === 502)) return `failed for no reason: ${status} ${body.toString()}`
  if (status === 0 || status === 200) {
    const begun = plan.door === 'forward' && ['start', 'middle', 'last'].includes(plan.phase)
    return begun && !whole ? undefined : `cut at ${status} after ${Math.round(ms)} ms${answer.reused ? ', kept' : ''}`
  }
  if (status === 504 && plan.how !== 'silence') return 'late for no reason'
  return visible(plan, answer)
}

/** The error of a service may pass through a forward; all others are ours, whole, and say what they must. */
function visible({ door, how }: Plan, answer: Answer): string | undefined {
  const { status, whole, body } = answer
  if (!whole) return `half an error: ${status}`
  if (door === 'forward' && how === 'busy' && status === 503 && body.toString() === 'busy') return undefined
  if (door === 'forward' && how === 'early' && status === 409) return undefined
  try {
    const { code, source } = problemIn(answer)
    if (['upstream-failed', 'upstream-timeout'].includes(code) && source !== undefined) return undefined
    return `${status} ${code} of ${source}`
  } catch (error) {
    return String(error)
  }
}

/** The same by the same door, where nothing listens. */
const atOther = (path: string) => path.replace('/files/', '/otherfiles/').replace('/api/items/', '/api/others/')

async function run(plans: readonly Plan[], url: string, agent: Agent): Promise<Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const client = async () => {
    for (let plan = plans[next++]; plan !== undefined; plan = plans[next++]) {
      const path = pathOf(plan.door, String(plan.id))
      const body = sentBy(plan)
      answers[plan.id] = await ask(url + (plan.phase === 'connect' ? atOther(path) : path), {
        agent,
        method: plan.method,
        ...(body === '' ? {} : { body, headers: { 'content-type': 'application/json' } }),
        ...(plan.leave === undefined ? {} : { leave: plan.leave }),
      })
    }
  }
  await Promise.all(Array.from({ length: 64 }, client))
  return answers
}

it('G0, G5: nothing is lost, doubled or made up, whatever fails and whenever', async () => {
  using escapes = escaped()
  const plans = plansOf(seed, count)
  const gone = await rawUpstream(() => undefined)
  await gone[Symbol.asyncDispose]()
  await using service = await bookkeeper(plans)
  await using bff = await bothDoors(service.url, { policy, budget: 2 * policy.timeout, other: gone.url })
  const before = resources()
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const answers = await run(plans, bff.url, agent)

  const faulty = plans.flatMap((plan) => {
    const answer = answers[plan.id]!
    const said = wrong(plan, answer, service.ledger.get(plan.id) ?? [])
    return said === undefined ? [] : [`${said}: LEDGER_SEED=${seed} ${JSON.stringify(plan)}`]
  })
  expect(faulty.slice(0, 10)).toEqual([])

  // What is proved only if it happened.
  const successes = plans.filter(({ id }) => answers[id]!.whole && answers[id]!.status === 200)
  expect(successes.length).toBeGreaterThan(count * 0.4)
  expect(answers.filter(({ whole, status }) => !whole && status === 200).length).toBeGreaterThan(count * 0.01)
  expect(successes.some((plan) => !isOnce(plan) && service.asked.get(plan.id)! > 1)).toBe(true)
  expect(answers.filter(({ reused }) => reused).length).toBeGreaterThan(count * 0.5)
  for (const [phase, hows] of Object.entries(faults))
    for (const how of hows)
      expect(plans.filter((plan) => plan.phase === phase && plan.how === how).length).toBeGreaterThan(5)

  agent.destroy()
  service.hangUp()
  await settled(before)
  expect((await ask(`${bff.url}/livez`)).status).toBe(200)
  expect(escapes.seen).toEqual([])
}, 60_000)
