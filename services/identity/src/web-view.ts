/**
 * User agents of in-app browsers: Android's contains `wv`, Apple's lacks a browser name, and well-known apps add their own. A
 * dishonest app can hide; an honest one learns that it must not collect passwords.
 */
const signs = [
  /; wv\)/,
  /Version\/[\d.]+ Chrome\//,
  /AppleWebKit\/(?!.*(?:Safari|Chrome)\/)/,
  /\b(?:FBAN|FBAV|FB_IAB|Instagram|Line|MicroMessenger|Snapchat|LinkedInApp|BytedanceWebview|Electron)\b/,
]

/** Whether the page would be shown inside an app, which sees what is typed into it (RFC 8252 §8.12). */
export const isWebView = (userAgent: string): boolean => signs.some((sign) => sign.test(userAgent))
