import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One connection to a server, spoken to byte by byte. */
export interface Wire extends AsyncDisposable {
  readonly socket: Socket
  /** All that has come so far, as latin1. */
  readonly received: string
  write(bytes: string | Buffer): void
  /** Resolves once `pattern` has come; rejects with all that has when the other end closes or `ms` pass first. */
  until(pattern: RegExp, ms?: number): Promise<string>
  /** Resolves with all that came once the other end has closed. */
  closed(ms?: number): Promise<string>
}

/** Open a connection for a test. A reset counts as closed. */
export async function wire(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  let received = ''
  let over = false
  let changed = Promise.withResolvers<void>()
  const tell = () => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }
  socket.setEncoding('latin1')
  socket.on('error', () => undefined)
  socket.on('data', (chunk: string) => {
    received += chunk
    tell()
  })
  socket.on('close', () => {
    over = true
    tell()
  })
  const wait = async (done: () => boolean, ms: number) => {
    const end = performance.now() + ms
    while (!done()) {
      const left = end - performance.now()
      if (left <= 0) throw new Error(`nothing more came within ${ms} ms of: ${JSON.stringify(received)}`)
      let timer: NodeJS.Timeout | undefined
      await Promise.race([changed.promise, new Promise((resolve) => (timer = setTimeout(resolve, left)))])
      clearTimeout(timer)
    }
  }
  return {
    socket,
    get received() {
      return received
    },
    write: (bytes) => void socket.write(bytes, 'latin1'),
    async until(pattern, ms = 2_000) {
      await wait(() => over || pattern.test(received), ms)
      if (!pattern.test(received)) throw new Error(`closed after: ${JSON.stringify(received)}`)
      return received
    },
    async closed(ms = 2_000) {
      await wait(() => over, ms)
      return received
    },
    async [Symbol.asyncDispose]() {
      socket.destroy()
      if (!over) await once(socket, 'close')
    },
  }
}

/** Send bytes as they are on a connection of their own; resolves with all that comes back until the other end closes. */
export async function say(url: string, bytes: string | Buffer, ms?: number): Promise<string> {
  await using line = await wire(url)
  line.write(bytes)
  return await line.closed(ms)
}

/** An upstream of bytes: `script` gets every request head (with what came after it) and the socket, and answers as it likes. */
export interface RawUpstream extends AsyncDisposable {
  readonly url: string
  /** Heads of all requests, in order, as latin1. */
  readonly heads: readonly string[]
  readonly connections: number
  /** Connections that are open now. */
  readonly open: number
}

export async function rawUpstream(script: (socket: Socket, head: string, nth: number) => void): Promise<RawUpstream> {
  const heads: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    let buffered = ''
    socket.on('data', (chunk) => {
      buffered += chunk.toString('latin1')
      const end = buffered.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = buffered
      buffered = ''
      heads.push(head)
      script(socket, head, heads.length)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heads,
    get connections() {
      return connections
    },
    get open() {
      return sockets.size
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
