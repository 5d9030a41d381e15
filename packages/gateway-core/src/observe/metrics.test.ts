import { describe, expect, it } from '@jest/globals'
import { metrics } from './metrics.ts'

const known = {
  routes: [
    { path: '/api/orders/:id', methods: ['GET'] },
    { path: '/api/orders', methods: ['GET'] },
    { path: '/api/orders', methods: ['POST'] },
    { path: '/api/catalog/*', methods: ['GET', 'HEAD'] },
  ],
  upstreams: ['orders', 'catalog'],
  limits: ['address', 'user'],
}

/** Every series and its value. */
async function seriesOf(text: Promise<string>): Promise<ReadonlyMap<string, number>> {
  const lines = (await text).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

describe('metrics', () => {
  it('counts requests by route, method and class, in seconds', async () => {
    const seen = metrics(known)
    seen.began()
    seen.ended('/api/orders/:id', 'GET', 204, 300)
    seen.began()
    seen.ended('/api/orders/:id', 'HEAD', 499, 20)
    const series = await seriesOf(seen.text())
    const labels = 'route="/api/orders/:id",method="GET",status="2xx"'
    expect(series.get(`http_server_requests_seconds_count{${labels}}`)).toBe(1)
    expect(series.get(`http_server_requests_seconds_sum{${labels}}`)).toBeCloseTo(0.3)
    expect(series.get(`http_server_requests_seconds_bucket{le="0.25",${labels}}`)).toBe(0)
    expect(series.get(`http_server_requests_seconds_bucket{le="0.5",${labels}}`)).toBe(1)
    const left = 'route="/api/orders/:id",method="HEAD",status="4xx"'
    expect(series.get(`http_server_requests_seconds_count{${left}}`)).toBe(1)
  })

  it('knows how many requests are under way', async () => {
    const seen = metrics(known)
    seen.began()
    seen.began()
    seen.ended(undefined, 'GET', 404, 1)
    expect((await seriesOf(seen.text())).get('http_server_requests_in_flight')).toBe(1)
  })

  it('counts what happens on the road', async () => {
    const seen = metrics(known)
    seen.call('orders', '5xx', 30)
    seen.call('orders', 'timeout', 1_000)
    seen.retried('orders')
    seen.hedged('catalog')
    seen.breaker('orders', 'half-open')
    seen.cache('catalog', 'stale')
    seen.refused('user')
    const series = await seriesOf(seen.text())
    expect(
      Object.fromEntries(
        [...series].filter(([name]) => /^(?:upstream|limit)_/.test(name) && !/_bucket|_sum/.test(name)),
      ),
    ).toEqual({
      'upstream_calls_seconds_count{upstream="orders",outcome="5xx"}': 1,
      'upstream_calls_seconds_count{upstream="orders",outcome="timeout"}': 1,
      'upstream_retries_total{upstream="orders"}': 1,
      'upstream_retries_total{upstream="catalog"}': 0,
      'upstream_hedges_total{upstream="orders"}': 0,
      'upstream_hedges_total{upstream="catalog"}': 1,
      'upstream_breaker_state{upstream="orders"}': 1,
      'upstream_breaker_state{upstream="catalog"}': 0,
      'upstream_cache_total{upstream="catalog",result="stale"}': 1,
      'limit_refusals_total{limit="address"}': 0,
      'limit_refusals_total{limit="user"}': 1,
    })
  })

  it('X-09: 100 000 paths, methods, statuses, upstreams and limits make no more than 500 series', async () => {
    const seen = metrics(known)
    for (let nth = 0; nth < 100_000; nth++) {
      const route = nth % 2 === 0 ? known.routes[nth % known.routes.length]!.path : `/invented/${nth}`
      const method = nth % 3 === 0 ? 'GET' : `M${nth}`
      seen.began()
      seen.ended(nth % 5 === 0 ? undefined : route, method, nth % 1_000, nth % 7_000)
      seen.call(nth % 2 === 0 ? 'orders' : `host-${nth}`, (nth % 4 === 0 ? '2xx' : `o${nth}`) as '2xx', nth % 3_000)
      seen.refused(`user-${nth}`)
      seen.cache(`host-${nth}`, `r${nth}` as 'hit')
    }
    const series = await seriesOf(seen.text())
    expect(series.size).toBeLessThanOrEqual(500)
    expect([...series.keys()].filter((name) => /invented|M\d|host-|user-\d/.test(name))).toEqual([])
    expect(series.get('http_server_requests_in_flight')).toBe(0)
    expect(series.get('limit_refusals_total{limit="other"}')).toBe(100_000)
    const counted = [...series].filter(([name]) => name.startsWith('http_server_requests_seconds_count'))
    expect(counted.reduce((sum, [, count]) => sum + count, 0)).toBe(100_000)
  })

  it('tells of the process, in every app of it, and watches it once', async () => {
    for (const app of [metrics(known), metrics(known)]) {
      const text = await app.text()
      expect(text.match(/^nodejs_eventloop_lag_p99_seconds /gm)).toHaveLength(1)
      expect(text.match(/^# TYPE process_resident_memory_bytes gauge$/gm)).toHaveLength(1)
    }
  })

  it('two apps in one process count apart', async () => {
    const [one, other] = [metrics(known), metrics(known)]
    one.refused('user')
    expect((await seriesOf(one.text())).get('limit_refusals_total{limit="user"}')).toBe(1)
    expect((await seriesOf(other.text())).get('limit_refusals_total{limit="user"}')).toBe(0)
  })
})
