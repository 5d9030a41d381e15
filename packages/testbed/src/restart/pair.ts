import { type Balancer, balancer } from '../balancer.ts'
import { freePort } from '@bff/gateway-core/testing'
import { type Bff, launch, type Process } from '../launch.ts'
import { until } from '../until.ts'

/** Two processes of one BFF behind a balancer. */
export interface Pair extends AsyncDisposable {
  readonly url: string
  /** Stop one of the two, start it again at its address, and wait until it is asked again. With what it exited. */
  restart(nth: number): Promise<number | null>
  /** Kill one of the two, and leave it at that. */
  kill(nth: number): Promise<number | null>
}

export async function pairOf(bff: Bff, env: Readonly<Record<string, string>>): Promise<Pair> {
  await using stack = new AsyncDisposableStack()
  const ports = [await freePort(), await freePort()]
  const processes: Process[] = []
  const front: Balancer = stack.use(await balancer(ports.map((port) => `http://127.0.0.1:${port}`)))
  stack.defer(() => Promise.all(processes.map((one) => one[Symbol.asyncDispose]())).then(() => undefined))
  const start = async (nth: number) => {
    processes[nth] = await launch(bff, env, { port: ports[nth] })
  }
  const stop = (nth: number, signal: 'SIGTERM' | 'SIGKILL') => processes[nth]!.stop(signal)
  await Promise.all(ports.map((_, nth) => start(nth)))
  await until(() => front.well.size === ports.length)
  const all = stack.move()
  return {
    url: front.url,
    async restart(nth) {
      const code = await stop(nth, 'SIGTERM')
      await start(nth)
      await until(() => front.well.size === ports.length)
      return code
    },
    async kill(nth) {
      const code = await stop(nth, 'SIGKILL')
      await until(() => front.well.size < ports.length)
      return code
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
