import { type Listening, serve, type ServeOptions } from '@bff/gateway-core/server'
import { control } from './control.ts'
import { failing, failingUpgrade } from './failing.ts'
import { type Faults, faultSwitch } from './faults.ts'
import { serveH2c } from './h2c.ts'

export interface HostOptions extends Omit<ServeOptions, 'release'> {
  /** Default `http`. `h2c` is HTTP/2 without TLS, used for gRPC inside the estate. */
  readonly protocol?: 'http' | 'h2c' | undefined
  /** Whether `/__faults` may make this service fail. Never in production. */
  readonly faults: boolean
  /** Called last, when no request is running. */
  readonly close?: (() => void | Promise<void>) | undefined
}

export interface Running extends Listening {
  /** No effect if `HostOptions.faults` is false. */
  readonly faults: Faults
}

/** Serves a handler as every service does: health, readiness, fault switch, graceful stop. */
export async function host({ protocol = 'http', faults: allowed, close, ...options }: HostOptions): Promise<Running> {
  const faults = faultSwitch()
  const { handler, upgrade, log } = options
  const broken = failing(faults, handler, log)
  const listening = await (protocol === 'http' ? serve : serveH2c)({
    ...options,
    handler: allowed ? (req, res) => (req.url === '/__faults' ? control(faults, req, res) : broken(req, res)) : handler,
    upgrade: allowed && upgrade !== undefined ? failingUpgrade(faults, upgrade) : upgrade,
    release: {
      async [Symbol.asyncDispose]() {
        await close?.()
      },
    },
  })
  return { ...listening, faults }
}
