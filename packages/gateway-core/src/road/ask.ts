import { buildConnector, Client } from 'undici'
import type { ProbePolicy } from '../policy.ts'
import type { Endpoint } from './discover/address.ts'

/**
 * HTTP health probe of an address: healthy if it answers 2xx in time. Uses a new connection, to prove that one can be
 * made.
 */
export const ask =
  ({ path, timeout }: Required<ProbePolicy>) =>
  async ({ origin, base, connect }: Endpoint): Promise<boolean> => {
    const client = new Client(origin, { connect: buildConnector({ ...connect, timeout, allowH2: false }) })
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
