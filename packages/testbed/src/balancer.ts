import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import { isReady } from './launch.ts'

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
  const next = (): string | undefined => [...well][turn++ % well.size]
  const server = createServer((req, res) => {
    const address = next()
    if (address === undefined) res.writeHead(503).end()
    else pass(address, agent, req, res)
  })
  const joined = new Set<Duplex>()
  server.on('upgrade', (req, socket, head) => {
    joined.add(socket)
    socket.once('close', () => joined.delete(socket))
    join(next(), req, socket, head)
  })
  const ask = async (address: string) => {
    if (await isReady(address)) well.add(address)
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
      for (const socket of joined) socket.destroy()
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

/** What may change its protocol gets a connection of its own, whose bytes are none of a balancer's business. */
function join(address: string | undefined, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  if (address === undefined) return void socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n')
  const { hostname, port } = new URL(address)
  const on = connect(Number(port), hostname)
  const fields = req.rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
  on.write(`${req.method} ${req.url} HTTP/1.1\r\n${fields}\r\n`)
  on.write(head)
  // What broke on one side breaks on the other.
  pipeline(socket, on, socket, () => on.destroy())
}
