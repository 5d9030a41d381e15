import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

const executablePath = process.env['CHROMIUM_FILE'] ?? '/usr/bin/chromium'

/** False, with an explanation, on a machine without a browser; in CI that is a failure. */
export function hasBrowser(): boolean {
  if (existsSync(executablePath) || process.env['CI'] === 'true') return true
  console.warn(`Skipped: there is no ${executablePath}. Install it (apt-get install chromium) or set CHROMIUM_FILE.`)
  return false
}

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Browsing extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  /** Console errors and uncaught exceptions of the page. */
  readonly complaints: readonly string[]
  /** Saves a screenshot under `.screenshots/`, which git ignores. */
  readonly shoot: (name: string) => Promise<void>
}

/** A real browser with a fresh profile. */
export async function browse(width: number, height = 900): Promise<Browsing> {
  const profile = await mkdtemp(join(tmpdir(), 'browser-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: quiet,
    viewport: { width, height },
  })
  const page = context.pages()[0] ?? (await context.newPage())
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  const folder = new URL('../../../.screenshots/', import.meta.url).pathname
  await mkdir(folder, { recursive: true })
  return {
    page,
    context,
    complaints,
    shoot: async (name) => void (await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })),
    async [Symbol.asyncDispose]() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}
