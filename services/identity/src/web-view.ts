/**
 * What browsers inside of apps call themselves: Android's says `wv`, Apple's leaves the name of a browser out, and well-known
 * apps add their own. Who lies about it is not found out; an honest app learns that it must not ask for passwords.
 */
const signs = [
  /; wv\)/,
  /Version\/[\d.]+ Chrome\//,
  /AppleWebKit\/(?!.*(?:Safari|Chrome)\/)/,
  /\b(?:FBAN|FBAV|FB_IAB|Instagram|Line|MicroMessenger|Snapchat|LinkedInApp|BytedanceWebview|Electron)\b/,
]

/** Whether a page would be shown inside of an app, which then sees what is typed into it (RFC 8252 §8.12). */
export const isWebView = (userAgent: string): boolean => signs.some((sign) => sign.test(userAgent))
