/** Text that is HTML already. */
export interface Markup {
  readonly markup: string
}

type Content = Markup | string | number | undefined | false | readonly Content[]

/** HTML with everything that is put into it escaped, unless it is `Markup`. Good for text and for attributes in double quotes. */
export const html = (texts: TemplateStringsArray, ...contents: readonly Content[]): Markup => ({
  markup: texts.map((text, i) => text + rendered(contents[i])).join(''),
})

function rendered(content: Content): string {
  if (content === undefined || content === false) return ''
  if (typeof content === 'object') return 'markup' in content ? content.markup : content.map(rendered).join('')
  return String(content).replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

/** Plain text with `code` between backticks. */
export const prose = (text: string): readonly Markup[] =>
  text.split('`').map((piece, i) => (i % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`))

/** As it may stand in an id and behind a `#`. */
export const anchor = (text: string): string => text.replaceAll(/[^\w-]+/g, '-').replaceAll(/^-+|-+$/g, '')
