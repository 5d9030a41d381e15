import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** DER (X.690): a tag, a length, what is inside. */
function der(tag: number, ...inside: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(inside)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...inside: readonly Uint8Array[]) => der(0x30, ...inside)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const text = (value: string) => der(0x0c, Buffer.from(value))
const time = (at: number) => der(0x17, Buffer.from(`${new Date(at).toISOString().replaceAll(/^..|[-T:]|\..*/g, '')}Z`))

const attributes = { C: '550406', O: '55040a', CN: '550403' } as const
export type Name = Partial<Record<keyof typeof attributes, string>>

const nameOf = (name: Name) =>
  sequence(
    ...Object.entries(name).map(([type, value]) =>
      der(0x31, sequence(oid(attributes[type as keyof typeof attributes]), text(value))),
    ),
  )

/** ecdsa-with-SHA256 */
const algorithm = sequence(oid('2a8648ce3d040302'))

export interface Issued {
  /** PEM, as is the next. */
  readonly certificate: string
  readonly key: string
  readonly der: Buffer
}

interface Wanted {
  readonly subject: Name
  /** Epoch milliseconds. */
  readonly from?: number
  readonly to?: number
  /** A server's IP address, and its names. */
  readonly address?: readonly number[]
  readonly names?: readonly string[]
  readonly ca?: boolean
}

/** An authority for certificates (RFC 5280), so that tests of TLS need neither files nor programs. */
export function authority(issuer: Name = { CN: 'authority of a test' }) {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issue = (wanted: Wanted, keys: { publicKey: KeyObject; privateKey: KeyObject }): Issued => {
    const { subject, from = Date.now() - 60_000, to = Date.now() + 3_600_000, address, names = [], ca = false } = wanted
    const alternatives = [
      ...names.map((name) => der(0x82, Buffer.from(name))),
      ...(address ? [der(0x87, Buffer.from(address))] : []),
    ]
    const extensions = [
      ...(ca
        ? [sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), der(0x04, sequence(der(0x01, Buffer.from([0xff])))))]
        : []),
      ...(alternatives.length > 0 ? [sequence(oid('551d11'), der(0x04, sequence(...alternatives)))] : []),
    ]
    const body = sequence(
      der(0xa0, der(0x02, Buffer.from([2]))),
      der(0x02, Buffer.from([1]), randomBytes(8)),
      algorithm,
      nameOf(issuer),
      sequence(time(from), time(to)),
      nameOf(subject),
      createPublicKey(keys.publicKey.export({ type: 'spki', format: 'pem' })).export({ type: 'spki', format: 'der' }),
      ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
    )
    const whole = sequence(body, algorithm, der(0x03, Buffer.from([0]), sign('sha256', body, own.privateKey)))
    const lines = whole
      .toString('base64')
      .match(/.{1,64}/g)!
      .join('\n')
    return {
      certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
      key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      der: whole,
    }
  }
  return {
    certificate: issue({ subject: issuer, ca: true }, own).certificate,
    issue: (wanted: Wanted, namedCurve = 'P-256') => issue(wanted, generateKeyPairSync('ec', { namedCurve })),
  }
}
