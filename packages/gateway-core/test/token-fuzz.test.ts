import { expect, it } from '@jest/globals'
import { TokenError, tokenVerifier } from '../src/token.ts'
import { seeded } from './call.ts'
import { AUDIENCE, claims, ec, ISSUER, issuer, jwk, NOW, rsa, token } from './issuer.ts'

/** `FUZZ_SEED=… FUZZ_TOKENS=…` makes other tokens, or more; the seed of a failure makes the same changes again, under other keys. */
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const count = Number(process.env['FUZZ_TOKENS'] ?? 20_000)

const es256 = { header: { alg: 'ES256', kid: 'two' }, key: ec.privateKey }
const valid = [
  token(claims()),
  token(claims({ sub: 'somebody-else', jti: 'b', aud: [AUDIENCE, 'urn:other'] })),
  token(claims(), es256),
  token(claims({ sub: 'somebody-else', jti: 'c', scope: 'all' }), es256),
]

const random = seeded(seed)
const below = (most: number): number => Math.floor(random() * most)
const pick = <T>(of: readonly T[]): T => of[below(of.length)]!
const sliceOf = (text: string): [from: number, to: number] => {
  const from = below(text.length + 1)
  return [from, from + below(Math.min(40, text.length - from + 1))]
}

/** Changes one segment of a token and leaves the others. */
const inSegment =
  (which: () => number, change: (segment: string) => string) =>
  (text: string): string => {
    const at = which()
    return text
      .split('.')
      .map((segment, i) => (i === at ? change(segment) : segment))
      .join('.')
  }

const inBytes = (change: (bytes: Buffer) => Buffer) => (segment: string) =>
  change(Buffer.from(segment, 'base64url')).toString('base64url')

const inJson = (change: (json: string) => string) =>
  inSegment(
    () => below(2),
    (segment) => Buffer.from(change(Buffer.from(segment, 'base64url').toString())).toString('base64url'),
  )

const members = [
  '"alg":"none"',
  '"alg":"HS256"',
  '"sub":"root"',
  '"exp":9999999999',
  '"kid":"two"',
  '"__proto__":{}',
  '"b64":false',
]

const mutations: Readonly<Record<string, (text: string) => string>> = {
  'a bit of the text': (text) => {
    const at = below(text.length)
    return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << below(8))) + text.slice(at + 1)
  },
  'a bit of the bytes': inSegment(
    () => below(3),
    inBytes((bytes) => {
      bytes[below(bytes.length)]! ^= 1 << below(8)
      return bytes
    }),
  ),
  'bytes less': inSegment(
    () => below(3),
    inBytes((bytes) => bytes.subarray(below(4), bytes.length - below(4))),
  ),
  'bytes more': inSegment(
    () => below(3),
    inBytes((bytes) => Buffer.concat([bytes, Buffer.alloc(1 + below(4))])),
  ),
  'cut short': (text) => (random() < 0.5 ? text.slice(0, below(text.length)) : text.slice(below(text.length))),
  'a piece gone': (text) => {
    const [from, to] = sliceOf(text)
    return text.slice(0, from) + text.slice(to)
  },
  'a piece of another': (text) => {
    const other = pick(valid)
    const [[from, to], at] = [sliceOf(other), below(text.length + 1)]
    return text.slice(0, at) + other.slice(from, to) + text.slice(random() < 0.5 ? at : at + to - from)
  },
  'a segment of another': (text) =>
    inSegment(
      () => below(3),
      () => pick(pick(valid).split('.')),
    )(text),
  'characters that do not belong': (text) => {
    const at = pick([0, text.indexOf('.'), text.lastIndexOf('.'), text.length, below(text.length)])
    return (
      text.slice(0, at) +
      pick(['=', '==', '\n', ' ', '\t', '\0', '+', '/', '.', '%2e', ',', 'é', '\u{1f600}']) +
      text.slice(at)
    )
  },
  'in another case': (text) => {
    const at = below(text.length)
    const letter = text[at]!
    return (
      text.slice(0, at) +
      (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()) +
      text.slice(at + 1)
    )
  },
  'a member more': inJson((json) =>
    random() < 0.5 ? `{${pick(members)},${json.slice(1)}` : `${json.slice(0, -1)},${pick(members)}}`,
  ),
  'another value': inJson((json) =>
    json.replace(/someone|RS256|ES256|one|two|urn:api|17\d{8}/, () => pick(['root', 'none', '9999999999', ''])),
  ),
  'spaces in the JSON': inJson((json) => json.replace(pick([':', ',', '{', '}']), (found) => `${found} `)),
}

it(`J-01…J-10: ${count} changed tokens are refused, each with a reason (FUZZ_SEED=${seed})`, async () => {
  const keys = [jwk(rsa.publicKey, { kid: 'one' }), jwk(ec.publicKey, { kid: 'two' })]
  const verify = tokenVerifier({ issuer: ISSUER, audience: AUDIENCE, clock: () => NOW, fetch: issuer(keys).fetch })
  const reasons = new Map<string, number>()
  let same = 0
  for (let i = 0; i < count; i += 1) {
    const kind = pick(Object.keys(mutations))
    let text = pick(valid)
    for (let rounds = random() < 0.8 ? 1 : 2; rounds > 0; rounds -= 1) text = mutations[kind]!(text)
    const outcome = await verify(text).then(
      () => 'accepted',
      (error: unknown) => (error instanceof TokenError ? error.reason : `threw ${String(error)}`),
    )
    const isSame = valid.includes(text)
    if (isSame) same += 1
    else reasons.set(outcome, (reasons.get(outcome) ?? 0) + 1)
    if (isSame !== (outcome === 'accepted') || outcome.startsWith('threw'))
      throw new Error(`FUZZ_SEED=${seed}, token ${i}: ${kind}: ${outcome}: ${JSON.stringify(text)}`)
  }
  // Few are as they were, and the gates that matter most have had their share.
  expect(same).toBeLessThan(count / 10)
  for (const reason of ['shape', 'members', 'algorithm', 'signature'])
    expect(reasons.get(reason)).toBeGreaterThan(count / 200)
})
