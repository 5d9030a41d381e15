import type { RecordWithTtl, SrvRecord } from 'node:dns'
import type { Address } from './address.ts'
import type { UpstreamTarget } from './addresses.ts'
import type { Turn } from './turns.ts'

/** The DNS queries needed: a `Resolver` of `node:dns/promises` will do. */
export interface Dns {
  resolve4(name: string, options: { readonly ttl: true }): Promise<readonly RecordWithTtl[]>
  resolve6(name: string, options: { readonly ttl: true }): Promise<readonly RecordWithTtl[]>
  resolveSrv(name: string): Promise<readonly SrvRecord[]>
  /** Cancels all queries in flight. */
  cancel(): void
}

export interface LookupResult {
  /** In stable order, whatever the name server shuffles. Empty when nothing is known. */
  readonly addresses: readonly Address[]
  /** Milliseconds the result is valid. */
  readonly ttl: number
  /** Why nothing new was learned: the addresses are then the previous ones. */
  readonly error?: unknown
}

/** Most addresses used of one name. */
const most = 100

/** Node does not expose the TTL of SRV records. */
const srvTtl = 30_000

interface Found {
  readonly addresses: readonly string[]
  readonly ttl: number
}

interface ServiceHost {
  readonly name: string
  readonly port: string
  readonly weight: number
}

/**
 * Resolves one target's name. Remembers the last answer per name and family: if A answers and AAAA does not, or vice
 * versa, the silent family keeps its addresses.
 */
export class Names {
  readonly #target: UpstreamTarget
  readonly #dns: Dns
  readonly #turn: Turn
  #known = new Map<string, Found>()

  constructor(target: UpstreamTarget, dns: Dns, turn: Turn) {
    this.#target = target
    this.#dns = dns
    this.#turn = turn
  }

  /** Queries again. Rejects only without SRV records. */
  async find(): Promise<LookupResult> {
    const { kind, url } = this.#target
    const { hostname, port } = new URL(url)
    const places = kind === 'srv' ? await this.#places(hostname) : [{ name: hostname, port, weight: 1 }]
    const known = new Map<string, Found>()
    const errors: unknown[] = []
    await Promise.all(
      places.flatMap(({ name }) => [
        this.#look(`4 ${name}`, () => this.#dns.resolve4(name, { ttl: true }), known, errors),
        this.#look(`6 ${name}`, () => this.#dns.resolve6(name, { ttl: true }), known, errors),
      ]),
    )
    const addresses = places.flatMap((place) => this.#addresses(place, known)).slice(0, most)
    if (addresses.length > 0) this.#known = known
    const ttl = Math.min(kind === 'srv' ? srvTtl : Infinity, ...[...known.values()].map((found) => found.ttl))
    const silent = addresses.length === 0 || errors.length === places.length * 2
    return silent ? { addresses, ttl, error: errors[0] ?? new Error('no such service') } : { addresses, ttl }
  }

  /** RFC 2782: only the lowest priority; a target of "." means no such service. */
  async #places(name: string): Promise<readonly ServiceHost[]> {
    const records = await this.#turn(() => this.#dns.resolveSrv(name))
    const priority = Math.min(...records.map((record) => record.priority))
    return records
      .filter((record) => record.priority === priority && record.name !== '')
      .map((record) => ({ name: record.name, port: String(record.port), weight: Math.max(1, record.weight) }))
      .toSorted((a, b) => (a.name + a.port < b.name + b.port ? -1 : 1))
      .slice(0, most)
  }

  async #look(
    key: string,
    ask: () => Promise<readonly RecordWithTtl[]>,
    known: Map<string, Found>,
    errors: unknown[],
  ): Promise<void> {
    try {
      const records = await this.#turn(ask)
      const addresses = records.map((record) => record.address).toSorted()
      known.set(key, { addresses, ttl: Math.min(...records.map((record) => record.ttl)) * 1_000 })
    } catch (error) {
      errors.push(error)
      const before = this.#known.get(key)
      if (before !== undefined && (error as { code?: unknown }).code !== noData) known.set(key, before)
    }
  }

  #addresses({ name, port, weight }: ServiceHost, known: ReadonlyMap<string, Found>): Address[] {
    const { url, weight: times, arm, kind } = this.#target
    const host = nameOf(url)
    return ['4 ', '6 '].flatMap((family) =>
      (known.get(family + name)?.addresses ?? []).map((ip) => {
        const at = new URL(url)
        at.hostname = ip.includes(':') ? `[${ip}]` : ip
        if (kind === 'srv') at.port = port
        return { url: at.href.replace(/\/+$/, ''), weight: weight * times, arm, host }
      }),
    )
  }
}

/** The name exists without records of this family. */
const noData = 'ENODATA'

/**
 * The name the certificate must prove: the configured one. An SRV target came over the network, and whoever can forge
 * it would choose which certificate is accepted (RFC 6125 §6.2.1).
 */
const nameOf = (url: string): string => new URL(url).hostname.replace(/^(?:_[^.]+\.)+/, '').replace(/\.$/, '')
