/** Text that already is HTML. */
export interface Markup {
  readonly markup: string
}

type Content = Markup | string | number | undefined | false | readonly Content[]

/** HTML template that escapes everything except `Markup`. Safe for text and for double-quoted attributes. */
export const html = (texts: TemplateStringsArray, ...contents: readonly Content[]): Markup => ({
  markup: texts.map((text, i) => text + rendered(contents[i])).join(''),
})

function rendered(content: Content): string {
  if (content === undefined || content === false) return ''
  if (typeof content === 'object') return 'markup' in content ? content.markup : content.map(rendered).join('')
  return String(content).replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

/** Plain text with `code` in backticks. */
export const prose = (text: string): readonly Markup[] =>
  text.split('`').map((piece, i) => (i % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`))

/** Made safe for an id and a `#` fragment. */
export const anchor = (text: string): string => text.replaceAll(/[^\w-]+/g, '-').replaceAll(/^-+|-+$/g, '')
