/**
 * One member of a list of tags, possibly empty (RFC 9110 §5.6.1.2), with its delimiter. Spaces within tags predate RFC
 * 7232. No input makes it backtrack far.
 */
const member = /[ \t]*(?:((?:W\/)?"[\x20\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/y

/**
 * Whether `If-Match` (`strong`) or `If-None-Match` (`weak`) matches an existing tag (RFC 9110 §8.8.3.2). A malformed
 * list matches nothing. Linear in the list.
 */
export function isNamed(list: string, tag: string | undefined, how: 'strong' | 'weak'): boolean {
  if (list === '*') return true
  if (tag === undefined || (how === 'strong' && isWeak(tag))) return false
  if (list === tag) return true
  const own = how === 'strong' ? tag : opaque(tag)
  let found = false
  member.lastIndex = 0
  while (member.lastIndex < list.length) {
    const match = member.exec(list)
    if (match === null) return false
    const one = match[1]
    found ||= one !== undefined && (how === 'strong' ? one : opaque(one)) === own
  }
  return found
}

const isWeak = (tag: string): boolean => tag.startsWith('W/')

/** The opaque part of a tag, without its weakness. */
export const opaque = (tag: string): string => (isWeak(tag) ? tag.slice(2) : tag)
