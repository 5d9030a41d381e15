import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getCallSites } from 'node:util'

/**
 * The call site of this function (`skip` 0), of its caller (1), and so on: `screens/home.ts:12`, the file with its
 * folder. Empty if there is none. It walks the stack: for boot, never per request.
 */
export function placeOf(skip: number): string {
  const site = getCallSites(skip + 2)[skip + 1]
  if (site === undefined) return ''
  const file = site.scriptName.startsWith('file:') ? fileURLToPath(site.scriptName) : site.scriptName
  return `${file.split(sep).slice(-2).join('/')}:${site.lineNumber}`
}
