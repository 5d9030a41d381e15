/** Major, minor, patch, and 1 for a release or 0 for a pre-release (`-beta.1`), which sorts before it. */
type Version = readonly [number, number, number, number]
type Test = (version: Version) => boolean

/** Digits are limited, so that every number stays exact. */
const written = /^(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(-[\w.-]{1,64})?(?:\+[\w.-]{1,64})?$/

/**
 * A test whether a version lies in `range`: `>=2.3 <4` requires both comparisons. Operators are `>=`, `>`, `<=`, `<`; a
 * bare `2.3` matches any 2.3.x. Missing numbers of a limit are 0. An invalid version never matches. An invalid range
 * throws a `TypeError`.
 */
export function inRange(range: string): (version: string) => boolean {
  const tests = range
    .trim()
    .split(/\s+/)
    .map((part) => comparison(part, range))
  return (text) => {
    const version = parse(text)
    return version !== undefined && tests.every((test) => test(version))
  }
}

function comparison(part: string, range: string): Test {
  const [, operator = '', text = ''] = /^(>=|<=|>|<)?(.*)$/.exec(part) ?? []
  const limit = parse(text)
  if (limit === undefined) throw new TypeError(`"${range}" is not a version range: write \`>=2.3 <4\``)
  switch (operator) {
    case '>=':
      return (version) => compare(version, limit) >= 0
    case '>':
      return (version) => compare(version, limit) > 0
    case '<=':
      return (version) => compare(version, limit) <= 0
    case '<':
      return (version) => compare(version, limit) < 0
    default:
      return prefixTest(text, limit)
  }
}

function prefixTest(text: string, limit: Version): Test {
  const given = text.split(/[-+]/, 1)[0]!.split('.').length
  return (version) =>
    limit.slice(0, given).every((number, i) => number === version[i]) && (given < 3 || version[3] === limit[3])
}

function parse(text: string): Version | undefined {
  const found = written.exec(text)
  if (found === null) return undefined
  const [, major, minor = '0', patch = '0', pre] = found
  return [Number(major), Number(minor), Number(patch), pre === undefined ? 1 : 0]
}

function compare(a: Version, b: Version): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return 0
}
