/** Text that is already HTML. */
export interface Markup {
  readonly markup: string
}

type Value = string | Markup | readonly Markup[] | undefined

/** A template that escapes its values unless they are `Markup`. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Markup => ({
  markup: String.raw({ raw: strings }, ...values.map(render)),
})

function render(value: Value): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return escape(value)
  return 'markup' in value ? value.markup : value.map(render).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!)
