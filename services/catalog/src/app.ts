import { catalog as contract } from '@bff/contracts/catalog'
import { problem } from '@bff/gateway-core/problem'
import { host, type HostOptions, type Running, serve } from '@bff/service-kit'
import { categories, products } from './data.ts'
import { images } from './image/serve.ts'
import { pageOf } from './page.ts'
import { search } from './search.ts'

export type Config = Pick<HostOptions, 'port' | 'hostname' | 'log' | 'faults' | 'stop'>

/** A changed product may appear unchanged for 30 s. */
const keep = 'public, max-age=30'

export function start(config: Config): Promise<Running> {
  const byId = new Map(products.map((product) => [product.id, product]))
  const handler = serve(
    contract,
    {
      'GET /categories': ({ setHeader }) => {
        setHeader('cache-control', keep)
        return { items: [...categories] }
      },
      'GET /products': ({ query: { ids, ...query }, setHeader }) => {
        setHeader('cache-control', keep)
        return ids === undefined
          ? pageOf(search(query), query)
          : { items: [...new Set(ids)].flatMap((id) => byId.get(id) ?? []) }
      },
      'GET /products/:id': ({ params, setHeader }) => {
        const product = byId.get(params.id)
        if (product === undefined) throw problem(404, 'product-not-found')
        setHeader('cache-control', keep)
        return product
      },
    },
    { log: config.log, raw: images },
  )
  return host({ ...config, name: 'catalog', portVariable: 'CATALOG_PORT', handler })
}
