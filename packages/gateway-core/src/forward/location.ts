/**
 * An upstream's redirect, as the client may see it: below one of the upstream's own addresses it is mapped to the
 * client's path; a foreign or unreadable one is `undefined`, as the client must not learn internal addresses.
 */
export function publicLocation(
  location: string,
  upstreams: readonly string[],
  requested: string,
  prefix: string,
): string | undefined {
  for (const upstream of upstreams) {
    const base = new URL(upstream)
    const root = base.pathname.replace(/\/$/, '')
    const target = URL.parse(location, new URL(root + requested, base).href)
    if (target === null || target.origin !== base.origin || !target.pathname.startsWith(`${root}/`)) continue
    return prefix + target.pathname.slice(root.length) + target.search + target.hash
  }
  return undefined
}
