import { describe, expect, it } from '@jest/globals'
import { Problem } from '../problem.ts'
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
    return /Origin|Sec-Fetch-Site|X-CSRF/.exec((error as Problem).message)?.[0] ?? 'unnamed'
  }
}

describe('checkCsrf', () => {
  it.each([
    ['GET', {}, 'passes'],
    ['GET', site('same-origin'), 'passes'],
    ['GET', site('none'), 'passes'],
    ['GET', { origin: OWN }, 'passes'],
    ['GET', { ...site('cross-site'), ...link }, 'passes'],
    ['GET', { ...site('same-site'), ...link }, 'passes'],
    ['HEAD', site('same-origin'), 'passes'],
    ['POST', header, 'passes'],
    ['POST', { ...header, ...site('same-origin'), origin: OWN }, 'passes'],
    ['POST', { ...header, ...site('none') }, 'passes'],
    ['DELETE', { ...header, ...site('same-origin') }, 'passes'],

    ['GET', site('cross-site'), 'Sec-Fetch-Site'],
    ['GET', site('same-site'), 'Sec-Fetch-Site'],
    ['GET', site('Same-Origin'), 'Sec-Fetch-Site'],
    ['GET', { ...site('cross-site'), ...link, 'sec-fetch-dest': 'iframe' }, 'Sec-Fetch-Site'],
    ['GET', { ...site('cross-site'), 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }, 'Sec-Fetch-Site'],
    ['GET', { origin: 'https://evil.example' }, 'Origin'],
    ['GET', { ...header, origin: 'null' }, 'Origin'],
    ['HEAD', site('cross-site'), 'Sec-Fetch-Site'],
    ['POST', {}, 'X-CSRF'],
    ['POST', { 'x-csrf': '' }, 'X-CSRF'],
    ['POST', { 'x-csrf': '0' }, 'X-CSRF'],
    ['POST', { 'x-csrf': '1, 1' }, 'X-CSRF'],
    ['POST', { ...site('same-origin'), origin: OWN }, 'X-CSRF'],
    ['POST', { ...header, ...site('cross-site') }, 'Sec-Fetch-Site'],
    ['POST', { ...header, ...site('same-site') }, 'Sec-Fetch-Site'],
    ['POST', { ...header, ...site('cross-site'), ...link }, 'Sec-Fetch-Site'],
    ['POST', { ...header, origin: 'null' }, 'Origin'],
    ['POST', { ...header, origin: 'http://app.example' }, 'Origin'],
    ['POST', { ...header, origin: 'https://app.example:444' }, 'Origin'],
    ['POST', { ...header, origin: 'https://APP.example' }, 'Origin'],
    ['POST', { ...header, origin: 'https://app.example.' }, 'Origin'],
    ['POST', { ...header, origin: 'https://evil.app.example' }, 'Origin'],
    ['POST', { ...header, origin: 'https://app.example.evil.example' }, 'Origin'],
    ['POST', { ...header, origin: `${OWN}, ${OWN}` }, 'Origin'],
    ['PUT', {}, 'X-CSRF'],
    ['PATCH', {}, 'X-CSRF'],
    ['DELETE', {}, 'X-CSRF'],
    ['OPTIONS', {}, 'X-CSRF'],
    ['get', {}, 'X-CSRF'],
  ])('%s with %o: %s', (method, headers, expected) => {
    expect(signal(method, headers as Record<string, string>)).toBe(expected)
  })
})
