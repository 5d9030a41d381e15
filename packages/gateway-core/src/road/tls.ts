import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'

/**
 * What TLS to one upstream needs beside its address. Its certificate is verified whatever stands here: by default against the
 * authorities that Node trusts (its own, and those of `NODE_EXTRA_CA_CERTS`), and for the host of the address. TLS 1.2 is the
 * least that is spoken.
 */
export interface Tls {
  /** Certificates of authorities, PEM: the only ones trusted for this upstream, in place of those that Node trusts. */
  readonly ca?: string | undefined
  /** Certificate that we show when asked (mTLS), PEM: ours first, then those between it and its authority. Needs `key`. */
  readonly cert?: string | undefined
  /** Its private key, PEM, without a passphrase. */
  readonly key?: string | undefined
  /** DNS name that the upstream is asked for (SNI, RFC 6066 §3) and that its certificate must hold, in place of the host of its address. */
  readonly serverName?: string | undefined
}

/** The same, read. */
export interface Secured {
  /** Absent: Node's own, with its authorities and without a certificate of ours. */
  readonly context?: SecureContext
  readonly serverName?: string
}

/** Read what was given; undefined when nothing was. Throws a `TypeError` that lists every fault, and shows nothing of a key. */
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

const refused = (faults: readonly string[]): TypeError => new TypeError(`Its tls will not do: ${faults.join('; ')}.`)

/** OpenSSL has the last word, such as on keys that are too short. */
function contextOf(pem: Pick<Tls, 'ca' | 'cert' | 'key'>): SecureContext {
  try {
    return createSecureContext(pem)
  } catch (error) {
    throw refused([`OpenSSL refuses it: ${(error as Error).message}`])
  }
}

/** A bundle may hold some that have ended, as long as there is one that has not. */
function faultsOfAuthorities(ca: string | undefined): string[] {
  if (ca === undefined) return []
  const [first, ...others] = certificatesIn(ca)
  if (first === undefined) return [noCertificates('ca')]
  return others.some((one) => untimely(one) === undefined) ? [] : faultsOfTime('ca', first)
}

function faultsOfPair(cert: string | undefined, key: string | undefined): string[] {
  if ((cert === undefined) !== (key === undefined)) return ['cert and key need each other']
  if (cert === undefined || key === undefined) return []
  const [ours] = certificatesIn(cert)
  const secret = privateKeyOf(key)
  return [
    ...(ours === undefined ? [noCertificates('cert')] : faultsOfTime('cert', ours)),
    ...(secret === undefined ? ['key is no private key in PEM, or has a passphrase'] : []),
    ...(ours !== undefined && secret !== undefined && !ours.checkPrivateKey(secret)
      ? ['key is not the key of the first certificate of cert']
      : []),
  ]
}

const faultsOfName = (name: string | undefined): string[] =>
  name === undefined || (/^[a-z\d-]+(?:\.[a-z\d-]+)*$/i.test(name) && isIP(name) === 0)
    ? []
    : [`serverName ${JSON.stringify(name)} is no DNS name`]

const noCertificates = (what: string): string => `${what} must hold certificates in PEM, and nothing else`

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** None where one of them cannot be read, for OpenSSL would pass over the rest without a word. */
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
