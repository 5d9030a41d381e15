import { describe, expect, it } from '@jest/globals'
import { faultsOfExposed } from './faults-of-exposed.ts'

const upstreams = { catalog: 'http', inventory: 'grpc' } as const

const faultsOf = (...names: string[]) => faultsOfExposed({ catalog: names }, upstreams)

describe('faultsOfExposed', () => {
  it('finds none in what may leave', () => {
    expect(faultsOf('x-total-count', 'set-cookie', 'x-request-id', 'idempotency-replayed')).toEqual([])
    expect(faultsOfExposed({}, upstreams)).toEqual([])
  })

  it.each(
    [
      'cache-control content-type content-length content-security-policy etag vary age expires date location link',
      'server-timing www-authenticate strict-transport-security x-frame-options cross-origin-opener-policy',
      'access-control-allow-origin clear-site-data service-worker-allowed sec-websocket-accept deprecation sunset',
    ]
      .join(' ')
      .split(' '),
  )('H-4: %s is ours to say', (name) => {
    expect(faultsOf(name)).toEqual([`expose.catalog: "${name}" is set by the gateway`])
  })

  it.each(
    [
      'connection keep-alive te trailer transfer-encoding upgrade proxy-authenticate proxy-connection',
      'server via alt-svc x-powered-by traceparent x-forwarded-for x-internal-host x-user-id',
    ]
      .join(' ')
      .split(' '),
  )('H-4: %s never leaves', (name) => {
    expect(faultsOf(name)).toEqual([`expose.catalog: "${name}" is never forwarded`])
  })

  it.each(['X-Total', 'x total', '', 'x:y', 'x-a\r\nb'])('H-4: %j is no name', (name) => {
    expect(faultsOf(name)).toEqual([`expose.catalog: ${JSON.stringify(name)} is not a lower-case header name`])
  })

  it('finds every fault of a rule', () => {
    const rule = { catlog: ['x-a'], inventory: ['x-a'], catalog: ['x-a', 'x-a', 'etag'], constructor: ['x-a'] }
    expect(faultsOfExposed(rule as never, upstreams)).toEqual([
      'expose: there is no upstream catlog',
      'expose.inventory: a gRPC response has no headers to expose',
      'expose.catalog: "x-a" is listed twice',
      'expose.catalog: "etag" is set by the gateway',
      'expose: there is no upstream constructor',
    ])
  })
})
