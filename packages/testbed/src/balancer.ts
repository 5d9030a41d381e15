import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Balancer extends AsyncDisposable {
  readonly url: string
  /** Addresses that report ready. */
  readonly well: ReadonlySet<string>
}

/** Milliseconds between `/readyz` probes. */
const every = 50

/**
 * A minimal load balancer: probes each process's readiness, sends new requests round-robin to ready ones over kept-alive
 * connections, and retries none.
 */
export async function balancer(addresses: readonly string[]): Promise<Balancer> {
  const well = new Set<string>()
  const agent = new Agent({ keepAlive: true })
  let turn = 0
  const server = createServer((req, res) => {
    const ready = [...well]
    const address = ready[turn++ % ready.length]
    if (address === undefined) res.writeHead(503).end()
    else pass(address, agent, req, res)
  })
  const ask = async (address: string) => {
    const ready = await fetch(`${address}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) well.add(address)
    else well.delete(address)
  }
  const timer = setInterval(() => addresses.forEach((address) => void ask(address)), every)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    well,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      agent.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function pass(address: string, agent: Agent, req: IncomingMessage, res: ServerResponse): void {
  const { method, headers, url = '/' } = req
  const on = request(address + url, { method, headers, agent }, (answer) => {
    res.writeHead(answer.statusCode!, answer.headers)
    answer.pipe(res)
    // A broken response must not look complete.
    answer.once('error', () => res.destroy())
  })
  on.once('error', () => res.destroy())
  res.once('close', () => on.destroy())
  req.pipe(on)
}
