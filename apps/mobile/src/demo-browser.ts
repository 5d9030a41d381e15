import type { Browser } from './sign-in.ts'

export interface Person {
  readonly login: string
  readonly password: string
}

/** Cookies of one host, by name; as in any browser, all ports of the host share them. */
export type Jar = Map<string, string>

/** Simulates a person at a browser: keeps cookies, follows redirects, submits the login form. */
export const demoBrowser =
  ({ login, password }: Person, cookies: Jar = new Map()): Browser =>
  async (start) => {
    let filledIn = false
    let url = start
    let init: RequestInit = {}
    for (let step = 0; step < 20; step++) {
      const page = await fetch(url, { ...init, redirect: 'manual', headers: { cookie: cookieHeader(cookies) } })
      keepCookies(cookies, page)
      const location = page.headers.get('location')
      if (location !== null) {
        url = new URL(location, url).href
        init = {}
        continue
      }
      const form = findForm(await page.text())
      if (form === undefined) return
      if (filledIn) throw new Error('the login was refused')
      filledIn = true
      init = { method: 'POST', body: fillIn(form.html, login, password) }
      url = new URL(form.action, url).href
    }
    throw new Error('the sign-in leads nowhere')
  }

export const cookieHeader = (cookies: Jar): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

export function keepCookies(cookies: Jar, answer: Response): void {
  for (const line of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
}

function findForm(page: string): { html: string; action: string } | undefined {
  const [html] = /<form[^>]*method="post"[\s\S]*?<\/form>/i.exec(page) ?? []
  if (html === undefined) return undefined
  return { html, action: /action="([^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '' }
}

function fillIn(form: string, login: string, password: string): URLSearchParams {
  const body = new URLSearchParams()
  for (const [input] of form.matchAll(/<input[^>]*>/gi)) {
    const attribute = (name: string) => new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(input)?.[1] ?? ''
    const type = attribute('type')
    if (type === 'hidden') body.set(attribute('name'), attribute('value'))
    else body.set(attribute('name'), type === 'password' ? password : login)
  }
  return body
}
