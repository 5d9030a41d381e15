import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type Contract, parseKey, type Schema } from '@bff/gateway-core/contract'
import type { Fault } from './fault.ts'
import { type Answer, type Scenario, type Scenarios, see, spell } from './scenario.ts'

export interface Proxy extends AsyncDisposable {
  readonly url: string
}

/**
 * A recording proxy in front of a service: replays each response from then on, and fails the operations a scenario names. A write
 * reaches the service once, however often it is replayed.
 */
export async function httpProxy(
  upstream: string,
  contract: Contract,
  target: string,
  scenarios: Scenarios,
): Promise<Proxy> {
  const operationOf = operations(contract)
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const scenario = scenarios.of(req.headers)
    const operation = operationOf(req.method!, req.url!)
    const sent = await buffer(req)
    if (scenario === undefined || operation === undefined) return void res.writeHead(500).end()
    see(scenario, upstream, operation, res)
    const key = spell(upstream, operation, req.url!)
    if (scenario.recording)
      scenario.answers.set(key, { upstream, operation, url: req.url!, ...(await ask(target, req, sent)) })
    const answer = scenario.answers.get(key)
    if (answer === undefined) {
      scenario.unknown.push(key)
      return void res.writeHead(500).end()
    }
    const fault = scenario.faults.get(`${upstream} ${operation}`)
    if (fault === undefined) give(res, answer, scenario)
    else fail(res, answer, fault, contract[operation as keyof Contract]!.out, scenario)
  }
  const server = createServer((req, res) => void serve(req, res).catch(() => res.destroy()))
  server.keepAliveTimeout = 60_000
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function operations(contract: Contract): (method: string, url: string) => string | undefined {
  const known = Object.keys(contract).map((key) => {
    const { method, path } = parseKey(key)
    return { key, method, pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`) }
  })
  return (method, url) => {
    const [path] = url.split('?') as [string]
    return known.find((one) => one.method === method && one.pattern.test(path))?.key
  }
}

/** Connection-level headers, not part of the message. */
const ofConnection = ['host', 'connection', 'content-length', 'transfer-encoding']

async function ask(target: string, { method, url, headers }: IncomingMessage, sent: Buffer) {
  const kept = Object.entries(headers).filter(([name]) => !ofConnection.includes(name)) as [string, string][]
  const body = sent.length === 0 ? null : new Uint8Array(sent)
  const answer = await fetch(target + url!, { method: method!, headers: kept, body })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  const said = ['content-type', 'cache-control'].flatMap((name) => {
    const value = answer.headers.get(name)
    return value === null ? [] : [[name, value]]
  })
  return { headers: Object.fromEntries(said) as Answer['headers'], body: Buffer.from(await answer.arrayBuffer()) }
}

function headersOf({ headers }: Answer, { outdated }: Scenario): Record<string, string> {
  return outdated && 'cache-control' in headers ? { ...headers, 'cache-control': 'max-age=0' } : { ...headers }
}

function give(res: ServerResponse, answer: Answer, scenario: Scenario, body: Buffer | string = answer.body): void {
  res.writeHead(200, headersOf(answer, scenario)).end(body)
}

function fail(res: ServerResponse, answer: Answer, fault: Fault, out: Schema | undefined, scenario: Scenario): void {
  if (typeof fault !== 'string') {
    const { code, status } = fault
    return void res
      .writeHead(status, { ...headersOf(answer, scenario), 'content-type': 'application/problem+json' })
      .end(JSON.stringify({ title: code, status, code, detail: 'as its contract says' }))
  }
  switch (fault) {
    case 'cut':
      return void res.destroy()
    case 'slow':
      return scenario.waiting.resolve()
    case 'failing':
      return void res.writeHead(500, { 'content-type': 'text/plain' }).end('Error at /srv/app/secret.ts:12:3')
    case 'no-json':
      return give(res, answer, scenario, '<html>503 upstream at 10.1.2.3</html>')
    case 'off-contract':
      return give(res, answer, scenario, breach(out, answer.body))
    case 'truncated':
      res.writeHead(200, { ...headersOf(answer, scenario), 'content-length': answer.body.length })
      return void res.write(answer.body.subarray(0, answer.body.length / 2), () => res.destroy())
  }
}

/** The body without one required member. */
function breach(out: Schema | undefined, body: Buffer): string {
  const whole = JSON.parse(body.toString()) as Record<string, unknown>
  for (const name of Object.keys(whole)) {
    const { [name]: _, ...rest } = whole
    const result = out?.['~standard'].validate(rest)
    if (result !== undefined && 'issues' in result && result.issues !== undefined) return JSON.stringify(rest)
  }
  throw new Error('the schema requires no member')
}
