import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { metrics } from '../../packages/gateway-core/src/observe/metrics.ts'

const root = new URL('../../', import.meta.url).pathname
const text = (file: string) => readFileSync(root + file, 'utf8')

interface Alerts {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[]
}

const { groups } = parse(text('deploy/prometheus/alerts.yml')) as Alerts
const { panels } = JSON.parse(text('deploy/grafana/bff.json')) as Dashboard
const expressions = [
  ...groups.flatMap(({ rules }) => rules.map(({ alert, expr }): [string, string] => [alert, expr])),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }): [string, string] => [title, expr])),
]

/** Names of an app's metrics and their labels. */
async function told() {
  const counted = metrics({
    routes: [{ path: '/a', methods: ['GET'], bindUpgrade: true }],
    upstreams: ['catalog'],
    limits: ['user'],
  })
  counted.store(() => true)
  counted.began()
  counted.ended('/a', 'GET', 200, 1)
  counted.call('catalog', '2xx', 1)
  counted.cache('catalog', 'hit')
  counted.sockets.opened('/a')
  counted.sockets.closed('/a', 'client')
  const page = await counted.text()
  return {
    names: new Set([...page.matchAll(/^([a-z_\d]+)(?:\{|\s)/gm)].map(([, name]) => name!)),
    labels: new Set([...page.matchAll(/[{,]([a-z_]+)="/g)].map(([, label]) => label!)),
  }
}

/** Names that Prometheus itself adds. */
const given = { names: ['up'], labels: ['job', 'instance'] }
const words = /\b(?:sum|max|rate|topk|histogram_quantile|by|job|instance)\b/g

describe('alerts and dashboard', () => {
  it('there are some', () => expect(expressions.length).toBeGreaterThan(20))

  it.each(expressions)('%s asks for what there is', async (_, expr) => {
    const { names, labels } = await told()
    const bare = expr.replace(/"[^"]*"/g, '""').replace(/\[[^\]]*\]/g, '')
    const asked = [...bare.matchAll(/[{,(]\s*([a-z_]+)\s*(?:=|!)~?/g), ...bare.matchAll(/by \(([^)]*)\)/g)]
      .flatMap(([, one]) => one!.split(','))
      .map((one) => one.trim())
    for (const label of asked) expect([...labels, ...given.labels]).toContain(label)
    const used = bare
      .replace(/by \([^)]*\)/g, '')
      .replace(/\{[^}]*\}/g, '')
      .replace(words, '')
      .match(/[a-z][a-z_\d]+/g)
    expect(used).not.toBeNull()
    for (const name of used!) expect([...names, ...given.names]).toContain(name)
  })
})
