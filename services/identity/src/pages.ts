import type { Person } from './data.ts'
import { html, type Markup } from './html.ts'
import { pressElement } from './press.ts'
import { styleElement } from './style.ts'

export interface LoginPage {
  readonly client: string
  /** URL the form posts to. */
  readonly action: string
  readonly cancel: string
  /** Prefilled login. */
  readonly login: string
  /** Name of a signed-in user who must enter the password again. */
  readonly again?: string | undefined
  readonly error?: string | undefined
  readonly people: readonly Person[]
}

export const loginPage = ({ client, action, cancel, login, again, error, people }: LoginPage): string =>
  page(
    'Sign in',
    html`<h1>Sign in</h1>
      <p>${again === undefined ? '' : `${again}, enter your password again `}to continue to ${client}</p>
      ${error === undefined ? undefined : html`<p role="alert" id="error">${error}</p>`}
      <form method="post" action="${action}">
        <label for="login">E-mail</label>
        <input
          type="email"
          id="login"
          name="login"
          value="${login}"
          autocomplete="username"
          required
          ${error === undefined ? html`autofocus` : invalid}
        />
        <label for="password">Password</label>
        <input
          type="password"
          id="password"
          name="password"
          autocomplete="current-password"
          required
          ${error === undefined ? undefined : html`autofocus ${invalid}`}
        />
        <button type="submit">Sign in</button>
      </form>
      <p><a href="${cancel}">Cancel</a></p>
      <h2>Demo users</h2>
      <dl>
        ${people.map(
          ({ email, password }) =>
            html`<dt>${email}</dt>
              <dd>${password}</dd>`,
        )}
      </dl>`,
  )

const invalid = html`aria-invalid="true" aria-describedby="error"`

/** `form` is the provider's, with its CSRF token; the button submits it. `asked`: the user has already confirmed. */
export const signOutPage = (name: string, form: string, asked: boolean): string =>
  page(
    'Sign out',
    html`<h1>${asked ? 'Signing out' : 'Sign out?'}</h1>
      <p>You are signed in as ${name}.</p>
      ${{ markup: form }}
      <button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
      ${asked ? pressElement : undefined}`,
  )

export const messagePage = (title: string, text: string): string =>
  page(
    title,
    html`<h1>${title}</h1>
      <p>${text}</p>`,
  )

const page = (title: string, content: Markup): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${styleElement}
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html>`.markup
