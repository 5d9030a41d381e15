import { createHash } from 'node:crypto'
import type { Markup } from './html.ts'

const script = "document.querySelector('button').click()"

/** Presses the button of a page that nobody has to think about; where scripts are off, a person does. */
export const pressElement: Markup = { markup: `<script>${script}</script>` }

/** What `script-src` must list for it to run. */
export const pressSource = `'sha256-${createHash('sha256').update(script).digest('base64')}'`
