import { reviews as contract } from '@bff/contracts/reviews'
import { host, type HostOptions, type Running, serve } from '@bff/service-kit'
import { reviewsOf } from './reviews.ts'

export type Config = Pick<HostOptions, 'port' | 'hostname' | 'log' | 'faults' | 'stop'>

export function start(config: Config): Promise<Running> {
  const handler = serve(
    contract,
    { 'GET /reviews': ({ query }) => reviewsOf(query.productId, query.limit) },
    { log: config.log },
  )
  return host({ ...config, name: 'reviews', portVariable: 'REVIEWS_PORT', handler })
}
