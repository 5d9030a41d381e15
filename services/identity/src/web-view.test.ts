import { describe, expect, it } from '@jest/globals'
import { isWebView } from './web-view.ts'

const apple = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
const android = 'Mozilla/5.0 (Linux; Android 15; Pixel 9'
const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko)'

describe('N-1: a browser inside of an app', () => {
  it.each([
    ['Android', `${android} Build/AP4A; wv) ${chrome} Version/4.0 Chrome/137.0.0.0 Mobile Safari/537.36`],
    [
      'an old Android',
      `Mozilla/5.0 (Linux; Android 4.4; Nexus 5) ${chrome} Version/4.0 Chrome/30.0.0.0 Mobile Safari/537.36`,
    ],
    ['iOS', `${apple} Mobile/15E148`],
    ['iPadOS', `${apple.replaceAll('iPhone', 'iPad')} Mobile/15E148`],
    ['macOS', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)'],
    ['Facebook', `${apple} Mobile/15E148 Safari/604.1 [FBAN/FBIOS;FBAV/500.0]`],
    ['Instagram', `${apple} Mobile/15E148 Instagram 300.0 Safari/604.1`],
    ['LINE', `${apple} Mobile/15E148 Safari/604.1 Line/14.0.0`],
    ['WeChat', `${android}) ${chrome} Chrome/120.0 Mobile Safari/537.36 MicroMessenger/8.0`],
    ['Electron', `Mozilla/5.0 (X11; Linux x86_64) ${chrome} Chrome/130.0 Electron/33.0 Safari/537.36`],
  ])('is known: %s', (_app, agent) => expect(isWebView(agent)).toBe(true))

  it.each([
    ['Safari, and what apps open a sign-in with', `${apple} Version/18.5 Mobile/15E148 Safari/604.1`],
    ['Chrome on iOS', `${apple} CriOS/137.0 Mobile/15E148 Safari/604.1`],
    ['Firefox on iOS', `${apple} FxiOS/139.0 Mobile/15E148 Safari/605.1.15`],
    ['Chrome, and its custom tabs', `${android}) ${chrome} Chrome/137.0.0.0 Mobile Safari/537.36`],
    ['Samsung Internet', `${android}) ${chrome} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`],
    ['Firefox', 'Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0'],
    [
      'Safari on macOS',
      `Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15`,
    ],
    ['Edge', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0`],
    ['a headless one', `Mozilla/5.0 (X11; Linux x86_64) ${chrome} HeadlessChrome/137.0.0.0 Safari/537.36`],
    ['something that is none', 'curl/8.9'],
    ['who does not say', ''],
  ])('is not %s', (_browser, agent) => expect(isWebView(agent)).toBe(false))
})
