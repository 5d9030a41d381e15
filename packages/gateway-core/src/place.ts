import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getCallSites } from 'node:util'

/**
 * Where the code stands that called this function (`skip` 0), its caller (1), and so on: `screens/home.ts:12`, the file with
 * its folder. Empty when there is no such caller. It walks the stack: for the boot, never for a request.
 */
export function placeOf(skip: number): string {
  const site = getCallSites(skip + 2)[skip + 1]
  if (site === undefined) return ''
  const file = site.scriptName.startsWith('file:') ? fileURLToPath(site.scriptName) : site.scriptName
  return `${file.split(sep).slice(-2).join('/')}:${site.lineNumber}`
}
