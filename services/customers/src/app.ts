import { customers as contract } from '@bff/contracts/customers'
import { problem } from '@bff/gateway-core/problem'
import { host, type HostOptions, type Running, serve, type Verify } from '@bff/service-kit'
import { profiles } from './data.ts'

export interface Config extends Pick<HostOptions, 'port' | 'hostname' | 'log' | 'faults' | 'stop'> {
  readonly verify: Verify
}

export function start({ verify, ...config }: Config): Promise<Running> {
  const handler = serve(
    contract,
    {
      'GET /customers/:id': ({ params, user }) => {
        const profile = params.id === user.id ? profiles.get(params.id) : undefined
        if (profile === undefined) throw problem(404, 'customer-not-found')
        return profile
      },
    },
    { verify, log: config.log },
  )
  return host({ ...config, name: 'customers', portVariable: 'CUSTOMERS_PORT', handler })
}
