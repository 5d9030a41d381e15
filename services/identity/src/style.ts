import { createHash } from 'node:crypto'
import type { Markup } from './html.ts'

const style = `
:root { color-scheme: light dark; --ink: #24211c; --soft: #665f54; --ground: #faf8f4; --card: #fff; --line: #e2dbcf; --edge: #8d8476; --accent: #2f5144; --alarm: #a03c2c; --on-accent: #fbfaf7; --serif: 'Iowan Old Style', Palatino, 'Book Antiqua', Georgia, serif }
@media (prefers-color-scheme: dark) { :root { --ink: #ece7de; --soft: #aaa295; --ground: #181715; --card: #211f1c; --line: #38342e; --edge: #7d7567; --accent: #b4d3c2; --alarm: #eb9683; --on-accent: #14231c } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 26rem; padding: clamp(1.25rem, 6vw, 2.5rem); background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: anywhere }
h1 { margin: 0; font: 500 2rem/1.15 var(--serif) }
h1 + p { margin: .25rem 0 1.5rem; color: var(--soft) }
h2 { margin: 2rem 0 .75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: .9rem }
label { display: block; margin-top: 1rem; font-size: .9rem; font-weight: 600 }
input, button { width: 100%; min-height: 2.75rem; margin-top: .35rem; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: .3rem; background: transparent; color: inherit; font: inherit }
input[aria-invalid] { border-color: var(--alarm) }
button { margin-top: 1.5rem; border-color: transparent; background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer }
button:hover { filter: brightness(1.1) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
a { color: inherit; text-decoration-color: var(--edge); text-underline-offset: .25em }
a:hover { color: var(--accent) }
form + p { margin: 1rem 0 0; text-align: center }
[role=alert] { margin: 0; padding: .6rem .75rem; border-left: 4px solid var(--alarm); border-radius: .25rem; color: var(--alarm); font-weight: 600 }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0 1rem; margin: 0; font-size: .875rem }
dt, dd { margin: 0 }
dd { font-family: ui-monospace, monospace; color: var(--soft) }
@media (max-width: 24rem) { dd:not(:last-child) { margin-bottom: .5rem } }
`

export const styleElement: Markup = { markup: `<style>${style}</style>` }

/** The `style-src` entry that permits it. */
export const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`
