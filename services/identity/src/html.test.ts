import { expect, it } from '@jest/globals'
import { html } from './html.ts'

it('makes no markup of text, wherever it stands', () => {
  const text = `"'><script>&`
  expect(html`<a title="${text}">${[html`<b>${text}</b>`, html`<i></i>`]}</a>${undefined}`.markup).toBe(
    '<a title="&quot;&#39;&gt;&lt;script&gt;&amp;"><b>&quot;&#39;&gt;&lt;script&gt;&amp;</b><i></i></a>',
  )
})
