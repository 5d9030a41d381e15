import { X509Certificate } from 'node:crypto'
import type { Exchange, Identity } from '../../exchange.ts'
import { within } from '../../networks.ts'
import { problem, type Problem } from '../../problem.ts'
import type { Carried } from './any-of.ts'
import { audit } from '../audit.ts'

/** A machine, identified by one certificate or by a subject that a trusted authority certifies. */
export type CertificateRecord = {
  readonly client: string
  readonly scopes: readonly string[]
} & (
  | {
      /** SHA-256 of the certificate in hex, with or without colons. */
      readonly fingerprint: string
    }
  | {
      /** All its attributes in order: `C=DE, O=Example, CN=partner`. A comma inside one is written `\,`. */
      readonly subject: string
    }
)

export interface CertificateOptions {
  readonly clients: readonly CertificateRecord[]
  /**
   * Proxies, as addresses and CIDR ranges, that terminate TLS and pass the verified client certificate in `Client-Cert`
   * (RFC 9440). They must remove that header from client requests. From any other peer it is ignored. Default: none.
   */
  readonly proxies?: readonly string[] | undefined
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/**
 * Authenticates machines by TLS client certificate (mTLS), on our own socket or a trusted proxy's. Whoever terminated
 * TLS has verified its issuer; here it is looked up in a list. Not for browsers. The user id is `client:<client>`. 401
 * `certificate-missing` or `certificate-invalid`. `TypeError` for a duplicate in the list.
 */
export function certificates({ clients, proxies = [], clock = Date.now }: CertificateOptions): Carried {
  const known = new Map(clients.map((client) => [nameOf(client), client]))
  if (known.size < clients.length) throw new TypeError('a certificate is listed twice')
  const shown = presented(within(proxies))
  const authenticate = async (exchange: Exchange): Promise<Identity> => {
    const certificate = shown(exchange)
    if (certificate === undefined) throw refusal('certificate-missing')
    const found = certificate === 'malformed' ? undefined : find(known, certificate)
    const fault = certificate === 'malformed' ? 'certificate-malformed' : faultOf(certificate, found, clock())
    if (certificate !== 'malformed' && found !== undefined && fault === undefined) return identityOf(found, certificate)
    audit(exchange.log)('authn_login_fail', { exchange, client: found?.client, reason: fault })
    throw refusal('certificate-invalid')
  }
  return Object.assign(authenticate, {
    reads: ['client-cert'],
    carries: (exchange: Exchange) => shown(exchange) !== undefined,
  })
}

type Presented = (exchange: Pick<Exchange, 'headers' | 'peer'>) => X509Certificate | 'malformed' | undefined

/** A proxy's own certificate identifies the proxy: for its clients, only its header counts. */
const presented =
  (isProxy: (address: string) => boolean): Presented =>
  ({ headers, peer }) => {
    if (peer === undefined || isBrowser(headers)) return undefined
    if (!isProxy(peer.address)) return peer.certificate()
    const field = headers['client-cert']
    return field === undefined ? undefined : fromField(String(field))
  }

/** A browser sends its certificate whichever site triggers the request: without a CSRF check, that proves nothing. */
const isBrowser = (headers: Exchange['headers']): boolean =>
  headers.origin !== undefined || headers['sec-fetch-site'] !== undefined

/** RFC 9440 §2.1: the DER bytes as a structured field, base64 between colons. */
function fromField(field: string): X509Certificate | 'malformed' {
  const bytes = /^:([A-Za-z0-9+/]{1,16384}={0,2}):$/.exec(field)?.[1]
  try {
    return bytes === undefined ? 'malformed' : new X509Certificate(Buffer.from(bytes, 'base64'))
  } catch {
    return 'malformed'
  }
}

const bare = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase()

const nameOf = (client: CertificateRecord): string =>
  'fingerprint' in client ? `fingerprint ${bare(client.fingerprint)}` : `subject ${client.subject}`

const find = (known: ReadonlyMap<string, CertificateRecord>, { fingerprint256, subject }: X509Certificate) =>
  known.get(`fingerprint ${bare(fingerprint256)}`) ?? known.get(`subject ${subject.split('\n').join(', ')}`)

function faultOf({ validFromDate, validToDate }: X509Certificate, found: unknown, now: number): string | undefined {
  if (found === undefined) return 'certificate-unknown'
  if (validFromDate.getTime() > now) return 'certificate-not-yet-valid'
  return validToDate.getTime() > now ? undefined : 'certificate-expired'
}

const identityOf = ({ client, scopes }: CertificateRecord, certificate: X509Certificate): Identity => ({
  user: { id: `client:${client}`, scopes: new Set(scopes), claims: {} },
  by: 'certificate',
  client,
  tokenId: bare(certificate.fingerprint256),
  issuedAt: certificate.validFromDate.getTime(),
  expiresAt: certificate.validToDate.getTime(),
})

const refusal = (code: 'certificate-missing' | 'certificate-invalid'): Problem =>
  problem(401, code, { headers: { 'www-authenticate': 'Certificate' } })
