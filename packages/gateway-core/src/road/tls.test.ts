import { createSecureContext } from 'node:tls'
import { createPrivateKey } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { authority } from '../../test/authority.ts'
import { endpointOf } from './discover/address.ts'
import { secured, type Tls } from './tls.ts'

const day = 86_400_000
const root = authority()
const ca = root.certificate
const ours = root.issue({ subject: { CN: 'bff' } })
const others = root.issue({ subject: { CN: 'bff' } })
const past = root.issue({ subject: { CN: 'bff' }, from: Date.now() - 2 * day, to: Date.now() - day })
const future = root.issue({ subject: { CN: 'bff' }, from: Date.now() + day, to: Date.now() + 2 * day })
const short = root.issue({ subject: { CN: 'bff' } }, 'P-192')
const pair = { cert: ours.certificate, key: ours.key }
const lines = ca.split('\n')
const torn = [...lines.slice(0, 2), ...lines.slice(4)].join('\n')
const locked = createPrivateKey(ours.key).export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'hunter2',
}) as string

const date = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`
const noPem = (what: string) =>
  new RegExp(`^Invalid tls settings: ${what} must contain PEM certificates, and nothing else\\.$`)

describe('what TLS to an upstream needs', () => {
  it.each<[string, Tls | undefined]>([
    ['nothing', undefined],
    ['an empty object', {}],
    ['what is not set in the environment', { ca: undefined, cert: undefined, key: undefined, serverName: undefined }],
  ])('is nothing when it was given %s', (_, tls) => {
    expect(secured(tls)).toBeUndefined()
  })

  it.each<[string, Tls]>([
    ['an authority', { ca }],
    ['several, one of which has ended', { ca: past.certificate + ca }],
    ['authorities between lines of text', { ca: `# ours\n${ca}\n# and theirs\n${authority().certificate}` }],
    ['a certificate with its key', pair],
    ['a certificate followed by that of its authority', { cert: ours.certificate + ca, key: ours.key }],
    [
      'all of it, with line ends of Windows',
      { ca: ca.replaceAll('\n', '\r\n'), ...pair, serverName: 'orders.internal' },
    ],
  ])('may be %s', (_, tls) => {
    expect(secured(tls)?.context).toBeInstanceOf(createSecureContext().constructor)
  })

  it('may be a name alone', () => {
    expect(secured({ serverName: 'Orders' })).toEqual({ serverName: 'Orders' })
  })

  it.each<[string, Tls, RegExp]>([
    ['an authority that is empty', { ca: '' }, noPem('ca')],
    ['an authority that is a path', { ca: '/etc/ca.pem' }, noPem('ca')],
    ['an authority that is torn', { ca: torn }, noPem('ca')],
    ['a second authority that is torn', { ca: ca + torn }, noPem('ca')],
    ['a second authority that is cut short', { ca: ca + ca.slice(0, 200) }, noPem('ca')],
    ['a key for an authority', { ca: ours.key }, noPem('ca')],
    ['only authorities that have ended', { ca: past.certificate }, new RegExp(`: ca expired on ${date}\\.$`)],
    ['a certificate without a key', { cert: ours.certificate }, /: cert and key must be given together\.$/],
    ['a key without a certificate', { key: ours.key }, /: cert and key must be given together\.$/],
    ['a certificate that is none', { cert: 'x', key: ours.key }, noPem('cert')],
    ['a key that is none', { cert: ours.certificate, key: 'hunter2' }, /: key is not a PEM private key/],
    [
      'a key with a passphrase',
      { cert: ours.certificate, key: locked },
      /: key is not a PEM private key, or has a passphrase\.$/,
    ],
    [
      'the key of another',
      { cert: ours.certificate, key: others.key },
      /: key is not the key of the first certificate of cert\.$/,
    ],
    [
      'the certificates in another order',
      { cert: ca + ours.certificate, key: ours.key },
      /: key is not the key of the first/,
    ],
    [
      'a certificate that has ended',
      { cert: past.certificate, key: past.key },
      new RegExp(`: cert expired on ${date}\\.$`),
    ],
    [
      'a certificate of tomorrow',
      { cert: future.certificate, key: future.key },
      new RegExp(`: cert is not valid before ${date}\\.$`),
    ],
    ['a key that is too short', { cert: short.certificate, key: short.key }, /: OpenSSL refuses it: .*too small\.$/],
    ['an address for a name', { serverName: '10.0.0.1' }, /: serverName "10\.0\.0\.1" is not a DNS name\.$/],
    ['an IPv6 address for a name', { serverName: '::1' }, /: serverName "::1" is not a DNS name\.$/],
    ['a URL for a name', { serverName: 'https://orders' }, /: serverName "https:\/\/orders" is not a DNS name\.$/],
    ['no name for a name', { serverName: '' }, /: serverName "" is not a DNS name\.$/],
  ])('may not be %s', (_, tls, fault) => {
    expect(() => secured(tls)).toThrow(fault)
    expect(() => secured(tls)).not.toThrow(/hunter2/)
  })

  it('is refused with all that is wrong with it', () => {
    expect(() => secured({ ca: 'x', cert: past.certificate, key: others.key, serverName: ' ' })).toThrow(
      /ca must contain .*; cert expired on .*; key is not the key .*; serverName " " is not a DNS name\.$/,
    )
  })
})

describe('a connection to an upstream', () => {
  it('verifies whatever the environment says, and asks for no address by name', () => {
    const { connect } = endpointOf({ url: 'https://orders/base' })
    expect(connect).toEqual({ servername: 'orders', rejectUnauthorized: true })
    expect(endpointOf({ url: 'https://[::1]:1' })).toMatchObject({ hostname: '::1', connect: { servername: '' } })
    expect(endpointOf({ url: 'https://10.0.0.1', host: 'orders' }).connect.servername).toBe('orders')
  })

  it('is told nothing of TLS where there is none', () => {
    expect(endpointOf({ url: 'http://orders' }).connect).toEqual({})
  })
})
