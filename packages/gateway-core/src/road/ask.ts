import { Client } from 'undici'
import type { ProbePolicy } from '../policy.ts'
import type { Ask } from './balance/probe.ts'
import { endpointOf } from './discover/address.ts'

/** Ask an address by HTTP whether it is well: a 2xx in time says so. Over a connection of its own, so that it proves that one can be made. */
export const ask =
  ({ path, timeout }: Required<ProbePolicy>): Ask =>
  async (address) => {
    const { origin, base, lookup } = endpointOf(address)
    const client = new Client(origin, { connect: { timeout, ...(lookup && { lookup }) } })
    try {
      const signal = AbortSignal.timeout(timeout)
      const { statusCode, body } = await client.request({ path: base + path, method: 'GET', signal })
      await body.dump({ limit: 65_536, signal })
      return statusCode >= 200 && statusCode <= 299
    } catch {
      return false
    } finally {
      await client.destroy()
    }
  }
