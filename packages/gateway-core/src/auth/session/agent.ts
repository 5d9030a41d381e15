/** Order matters: most browsers claim to be others as well. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|Chromium|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/\b(?:iPhone|iPad)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

/** Enough for people to recognize their browsers, and no more: `Firefox on Linux`. Empty if unknown. */
export function agentOf(userAgent = ''): string {
  const text = userAgent.slice(0, 512)
  const named = (known: typeof browsers): string[] =>
    (known.find(([pattern]) => pattern.test(text))?.slice(1, 2) as string[]) ?? []
  return [...named(browsers), ...named(systems)].join(' on ')
}
