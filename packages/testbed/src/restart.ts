import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { balancer } from './balancer.ts'
import { freePort } from './free-port.ts'

const folder = new URL('../../../apps/web-bff', import.meta.url).pathname

export interface RestartOptions {
  /** In all; half of them are under way at each restart. */
  readonly requests: number
  readonly streams: number
  /** Instead: one of them is killed, and not started again. */
  readonly kill?: boolean
}

export interface Seen {
  readonly answered: number
  /** What was said of requests that got no good answer. */
  readonly failed: readonly string[]
  /** Requests that reached the service. */
  readonly arrived: number
  /** Streams that go on now. */
  readonly resumed: number
  /** Of the processes that were stopped. */
  readonly exits: readonly (number | null)[]
  /** Statuses of further requests. */
  readonly after: readonly number[]
}

/** Restart two processes of web-bff, one after the other, behind a balancer, under requests and streams. */
export async function rollingRestart({ requests, streams, kill = false }: RestartOptions): Promise<Seen> {
  await using stack = new AsyncDisposableStack()
  const service = stack.use(await slowService())
  const ports = [await freePort(), await freePort()]
  const children = new Map<number, ChildProcess>()
  const launch = (port: number) => children.set(port, start(port, service.url))
  stack.defer(() => children.forEach((child) => child.kill('SIGKILL')))
  ports.forEach(launch)
  const front = stack.use(await balancer(ports.map((port) => `http://127.0.0.1:${port}`)))
  await until(() => front.well.size === 2)
  const live = Array.from({ length: streams }, () => stack.use(follow(`${front.url}/api/catalog/events`)))
  await until(() => live.every(({ open }) => open))
  const answers: Promise<number | string>[] = []
  const exits: (number | null)[] = []
  for (const port of kill ? ports.slice(0, 1) : ports) {
    const share = kill ? requests : requests / ports.length
    for (let nth = 0; nth < share; nth++) answers.push(status(`${front.url}/api/catalog/slow/${answers.length}`))
    await until(() => service.arrived === answers.length)
    exits.push(await stop(children.get(port)!, kill ? 'SIGKILL' : 'SIGTERM'))
    if (!kill) launch(port)
    await until(() => front.well.size === (kill ? 1 : 2))
    await until(() => live.every(({ open }) => open))
  }
  const ended = await Promise.all(answers)
  const after = [0, 1, 2, 3].map((nth) => status(`${front.url}/api/catalog/after/${nth}`))
  return {
    answered: ended.filter((one) => one === 200).length,
    failed: ended.filter((one) => one !== 200).map(String),
    arrived: service.arrived,
    resumed: live.filter(({ open }) => open).length,
    exits,
    after: (await Promise.all(after)) as number[],
  }
}

/** `/slow/…` takes half a second and is counted; `/events` goes on for ever. */
async function slowService() {
  let arrived = 0
  const server = createServer((req, res) => {
    if (req.url === '/events') {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      res.write('data: here\n\n')
      return
    }
    const slow = req.url!.startsWith('/slow/')
    if (slow) arrived++
    setTimeout(() => res.writeHead(200, { 'cache-control': 'no-store' }).end('well'), slow ? 500 : 0)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get arrived() {
      return arrived
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function start(port: number, catalog: string): ChildProcess {
  const { PATH = '' } = process.env
  const env = { PATH, WEB_BFF_PORT: String(port), CATALOG_URL: catalog, DRAIN_DELAY_MS: '400', LOG_LEVEL: 'silent' }
  return spawn(process.execPath, ['src/main.ts'], { cwd: folder, env, stdio: 'ignore' })
}

async function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  child.kill(signal)
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

const status = (url: string): Promise<number | string> =>
  fetch(url).then(
    async (answer) => {
      await answer.text()
      return answer.status
    },
    (error: Error) => String(error.cause ?? error),
  )

/** Follows a stream as a browser does: whenever it ends it connects again, as late as it was told. */
function follow(url: string) {
  const over = new AbortController()
  let open = false
  const visit = async (): Promise<number> => {
    const answer = await fetch(url, { signal: over.signal })
    if (!answer.ok) return 100
    let text = ''
    for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += piece
      open = text.includes('data: here')
    }
    return Number(/^retry: (\d+)$/m.exec(text)?.[1] ?? 100)
  }
  const go = async () => {
    while (!over.signal.aborted) {
      const wait = await visit().catch(() => 100)
      open = false
      await pause(wait, undefined, { signal: over.signal }).catch(() => undefined)
    }
  }
  const done = go()
  return {
    get open() {
      return open
    },
    async [Symbol.asyncDispose]() {
      over.abort()
      await done
    },
  }
}

async function until(holds: () => boolean, ms = 20_000): Promise<void> {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) throw new Error(`still not after ${ms} ms: ${String(holds)}`)
    await pause(20)
  }
}
