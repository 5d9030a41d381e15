import { describe, expect, it } from '@jest/globals'
import { agentOf } from './agent.ts'

const linux = 'Mozilla/5.0 (X11; Linux x86_64'
const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit'

describe('agentOf', () => {
  it.each([
    [`${linux}; rv:140.0) Gecko/20100101 Firefox/140.0`, 'Firefox on Linux'],
    [`${linux}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36`, 'Chrome on Linux'],
    [`${mac}/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15`, 'Safari on macOS'],
    [`${mac}/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0`, 'Edge on macOS'],
    [`${mac}/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 OPR/120.0`, 'Opera on macOS'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1', 'Safari on iOS'],
    ['Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/140.0.0.0 Mobile Safari/537.36', 'Chrome on Android'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Windows'],
    ['curl/8.0', ''],
    ['<script>alert(1)</script> Firefox/1', 'Firefox'],
    [`${'x'.repeat(600)} Firefox/1`, ''],
    [undefined, ''],
  ])('of %j: %j', (userAgent, summary) => {
    expect(agentOf(userAgent)).toBe(summary)
  })
})
