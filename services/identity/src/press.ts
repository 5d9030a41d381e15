import { createHash } from 'node:crypto'
import type { Markup } from './html.ts'

const script = "document.querySelector('button').click()"

/** Submits a page that needs no decision; without scripts, the user presses the button. */
export const pressElement: Markup = { markup: `<script>${script}</script>` }

/** The `script-src` entry that permits it. */
export const pressSource = `'sha256-${createHash('sha256').update(script).digest('base64')}'`
