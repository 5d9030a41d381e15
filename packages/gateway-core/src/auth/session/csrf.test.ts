import { describe, expect, it } from '@jest/globals'
import { Problem } from '../../problem.ts'
import { checkCsrf } from './csrf.ts'

const OWN = 'https://app.example'
const header = { 'x-csrf': '1' }
const link = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const site = (value: string) => ({ 'sec-fetch-site': value })

function signal(method: string, headers: Record<string, string>): string {
  try {
    checkCsrf({ method, headers }, OWN)
    return 'passes'
  } catch (error) {
    expect(error).toMatchObject({ status: 403, code: 'csrf-rejected' })
    return String((error as Problem).options.extra?.['signal'])
  }
}

describe('checkCsrf', () => {
  it.each([
    ['GET', header, 'passes'],
    ['GET', site('same-origin'), 'passes'],
    ['GET', site('none'), 'passes'],
    ['GET', { origin: OWN }, 'passes'],
    ['GET', { ...site('cross-site'), ...link }, 'passes'],
    ['GET', { ...site('same-site'), ...link }, 'passes'],
    ['HEAD', site('same-origin'), 'passes'],
    ['GET', { origin: OWN, upgrade: 'websocket' }, 'passes'],
    ['POST', header, 'passes'],
    ['POST', { ...header, ...site('same-origin'), origin: OWN }, 'passes'],
    ['POST', { ...header, ...site('none') }, 'passes'],
    ['DELETE', { ...header, ...site('same-origin') }, 'passes'],

    ['GET', {}, 'header'],
    ['HEAD', {}, 'header'],
    ['GET', link, 'header'],
    ['GET', { upgrade: 'websocket' }, 'origin'],
    ['GET', { ...header, ...site('same-origin'), upgrade: 'websocket' }, 'origin'],
    ['GET', { origin: 'https://evil.example', upgrade: 'websocket' }, 'origin'],
    ['GET', site('cross-site'), 'fetch-metadata'],
    ['GET', { ...header, ...site('cross-site') }, 'fetch-metadata'],
    ['GET', site('same-site'), 'fetch-metadata'],
    ['GET', site('Same-Origin'), 'fetch-metadata'],
    ['GET', { ...site('cross-site'), ...link, 'sec-fetch-dest': 'iframe' }, 'fetch-metadata'],
    ['GET', { ...site('cross-site'), 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }, 'fetch-metadata'],
    ['GET', { origin: 'https://evil.example' }, 'origin'],
    ['GET', { ...header, origin: 'null' }, 'origin'],
    ['HEAD', site('cross-site'), 'fetch-metadata'],
    ['POST', {}, 'header'],
    ['POST', { 'x-csrf': '' }, 'header'],
    ['POST', { 'x-csrf': '0' }, 'header'],
    ['POST', { 'x-csrf': '1, 1' }, 'header'],
    ['POST', { ...site('same-origin'), origin: OWN }, 'header'],
    ['POST', { ...header, ...site('cross-site') }, 'fetch-metadata'],
    ['POST', { ...header, ...site('same-site') }, 'fetch-metadata'],
    ['POST', { ...header, ...site('cross-site'), ...link }, 'fetch-metadata'],
    ['POST', { ...header, origin: 'null' }, 'origin'],
    ['POST', { ...header, origin: 'http://app.example' }, 'origin'],
    ['POST', { ...header, origin: 'https://app.example:444' }, 'origin'],
    ['POST', { ...header, origin: 'https://APP.example' }, 'origin'],
    ['POST', { ...header, origin: 'https://app.example.' }, 'origin'],
    ['POST', { ...header, origin: 'https://evil.app.example' }, 'origin'],
    ['POST', { ...header, origin: 'https://app.example.evil.example' }, 'origin'],
    ['POST', { ...header, origin: `${OWN}, ${OWN}` }, 'origin'],
    ['PUT', {}, 'header'],
    ['PATCH', {}, 'header'],
    ['DELETE', {}, 'header'],
    ['OPTIONS', {}, 'header'],
    ['get', {}, 'header'],
  ])('C-02, B-11, B-12, B-14: %s with %o: %s', (method, headers, expected) => {
    expect(signal(method, headers as Record<string, string>)).toBe(expected)
  })
})
