import { createHash } from 'node:crypto'
import type { Markup } from './html.ts'

const style = `
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5a6478; --ground: #eef1f6; --card: #fff; --line: #c9d0dc; --accent: #2f5bd3; --alarm: #b3261e; --on-accent: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf2; --soft: #a5afc2; --ground: #12151c; --card: #1c212c; --line: #3d4659; --accent: #8fb0ff; --alarm: #ff9d94; --on-accent: #10131a } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 26rem; padding: clamp(1.25rem, 6vw, 2.5rem); background: var(--card); border: 1px solid var(--line); border-radius: 1rem; overflow-wrap: anywhere }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.2 }
h1 + p { margin: .25rem 0 1.5rem; color: var(--soft) }
h2 { margin: 2rem 0 .5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: .95rem }
label { display: block; margin-top: 1rem; font-weight: 600 }
input, button { width: 100%; min-height: 2.75rem; margin-top: .35rem; padding: .5rem .75rem; border: 1px solid var(--soft); border-radius: .5rem; background: transparent; color: inherit; font: inherit }
input[aria-invalid] { border-color: var(--alarm) }
button { margin-top: 1.5rem; border-color: transparent; background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer }
button:hover { filter: brightness(1.1) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
a { color: var(--accent) }
form + p { margin: 1rem 0 0; text-align: center }
[role=alert] { margin: 0; padding: .6rem .75rem; border-left: 4px solid var(--alarm); border-radius: .25rem; color: var(--alarm); font-weight: 600 }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0 1rem; margin: 0; font-size: .9rem }
dt, dd { margin: 0 }
dd { font-family: ui-monospace, monospace; color: var(--soft) }
`

export const styleElement: Markup = { markup: `<style>${style}</style>` }

/** What `style-src` must list for the style to count. */
export const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`
