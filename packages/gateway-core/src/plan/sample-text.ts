interface TextShape {
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
}

const formats: Readonly<Record<string, string>> = {
  'date-time': '2027-01-31T12:00:00Z',
  date: '2027-01-31',
  time: '12:00:00',
  duration: 'P1D',
  email: 'sample@example.com',
  uuid: '4bb8a2f0-7c0f-4d6e-9a53-0d6f4b8d3f10',
  uri: 'https://example.com/',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
}

/**
 * Candidates for a pattern that matches none of the above: short and long, digits, letters, words, versions, prices.
 */
const usual = [
  'sample',
  'Sample',
  'SAMPLE',
  'a',
  'A',
  '1',
  '0',
  'en',
  'EN',
  'de-DE',
  'EUR',
  '1.2.3',
  '1.50',
  'a/b',
  'a.b',
]

/**
 * A text of this shape, as close to `name` as possible. If a pattern matches no candidate, the validator refuses the
 * sample.
 */
export function fitting({ format, pattern, minLength = 0, maxLength = Infinity }: TextShape, name: string): string {
  const known = format === undefined ? undefined : formats[format]
  const long = [8, 12, 16, 20, 21, 24, 32, 36, 40, 64].flatMap((n) => ['0'.repeat(n), 'a'.repeat(n)])
  const texts = [...(known === undefined ? [] : [known]), name, ...Object.values(formats), ...usual, ...long]
  if (pattern === undefined) return known ?? name.padEnd(minLength, 'x').slice(0, maxLength)
  const takes = new RegExp(pattern, 'u')
  const sized = texts.filter((text) => text.length >= minLength && text.length <= maxLength)
  return sized.find((text) => takes.test(text)) ?? name
}
