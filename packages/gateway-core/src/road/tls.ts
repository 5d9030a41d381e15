import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'

/**
 * TLS settings of one upstream. Its certificate is always verified: by default against Node's authorities (its own, and
 * those of `NODE_EXTRA_CA_CERTS`), and for the host of the address. At least TLS 1.2.
 */
export interface Tls {
  /** CA certificates, PEM: the only ones trusted for this upstream, instead of Node's. */
  readonly ca?: string | undefined
  /** Our client certificate (mTLS), PEM: ours first, then the intermediates. Needs `key`. */
  readonly cert?: string | undefined
  /** Its private key, PEM, without a passphrase. */
  readonly key?: string | undefined
  /** DNS name for SNI (RFC 6066 §3) and the certificate, instead of the address's host. */
  readonly serverName?: string | undefined
}

/** The parsed settings. */
export interface Secured {
  /** Absent: Node's own, with its authorities and no client certificate. */
  readonly context?: SecureContext
  readonly serverName?: string
}

/**
 * Parses the settings; undefined if none are given. Throws a `TypeError` that lists every fault, and reveals nothing of
 * a key.
 */
export function secured(tls: Tls = {}): Secured | undefined {
  const { ca, cert, key, serverName } = tls
  if ([ca, cert, key, serverName].every((one) => one === undefined)) return undefined
  const faults = [...faultsOfAuthorities(ca), ...faultsOfPair(cert, key), ...faultsOfName(serverName)]
  if (faults.length > 0) throw refused(faults)
  return {
    ...((ca ?? cert) !== undefined && { context: contextOf({ ca, cert, key }) }),
    ...(serverName !== undefined && { serverName }),
  }
}

const refused = (faults: readonly string[]): TypeError => new TypeError(`Invalid tls settings: ${faults.join('; ')}.`)

/** OpenSSL may still refuse, for example keys that are too short. */
function contextOf(pem: Pick<Tls, 'ca' | 'cert' | 'key'>): SecureContext {
  try {
    return createSecureContext(pem)
  } catch (error) {
    throw refused([`OpenSSL refuses it: ${(error as Error).message}`])
  }
}

/** A bundle may contain expired ones, as long as one is valid. */
function faultsOfAuthorities(ca: string | undefined): string[] {
  if (ca === undefined) return []
  const [first, ...others] = certificatesIn(ca)
  if (first === undefined) return [noCertificates('ca')]
  return others.some((one) => untimely(one) === undefined) ? [] : faultsOfTime('ca', first)
}

function faultsOfPair(cert: string | undefined, key: string | undefined): string[] {
  if ((cert === undefined) !== (key === undefined)) return ['cert and key must be given together']
  if (cert === undefined || key === undefined) return []
  const [ours] = certificatesIn(cert)
  const secret = privateKeyOf(key)
  return [
    ...(ours === undefined ? [noCertificates('cert')] : faultsOfTime('cert', ours)),
    ...(secret === undefined ? ['key is not a PEM private key, or has a passphrase'] : []),
    ...(ours !== undefined && secret !== undefined && !ours.checkPrivateKey(secret)
      ? ['key is not the key of the first certificate of cert']
      : []),
  ]
}

const faultsOfName = (name: string | undefined): string[] =>
  name === undefined || (/^[a-z\d-]+(?:\.[a-z\d-]+)*$/i.test(name) && isIP(name) === 0)
    ? []
    : [`serverName ${JSON.stringify(name)} is not a DNS name`]

const noCertificates = (what: string): string => `${what} must contain PEM certificates, and nothing else`

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Empty if any is unreadable, as OpenSSL would skip the rest silently. */
function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(block) ?? []
  if (blocks.length !== pem.split('-----BEGIN ').length - 1) return []
  try {
    return blocks.map((one) => new X509Certificate(one))
  } catch {
    return []
  }
}

function privateKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function untimely({ validFromDate, validToDate }: X509Certificate): string | undefined {
  const now = new Date()
  if (validToDate < now) return `expired on ${validToDate.toISOString()}`
  return validFromDate > now ? `is not valid before ${validFromDate.toISOString()}` : undefined
}

function faultsOfTime(what: string, certificate: X509Certificate): string[] {
  const fault = untimely(certificate)
  return fault === undefined ? [] : [`${what} ${fault}`]
}
