import { randomUUID } from 'node:crypto'
import type { Answers } from './report.ts'
import { halves } from './service.ts'

/** One request: under what the service counts it, whether there is an answer, and what is wrong with that. */
export interface Asked {
  readonly key: string
  readonly isOver: () => boolean
  readonly fault: Promise<string | undefined>
}

/** A download through web-bff. */
export function download(web: string, nth: number): Asked {
  const key = `/downloads/${nth}`
  const whole = halves.join('')
  return asked(
    key,
    fault(`${web}/api/catalog${key}`, {}, (text) => text === whole),
  )
}

/** An order by mobile-bff. */
export function order(mobile: string, token: string): Asked {
  const key = randomUUID()
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key }
  const isOurs = (text: string) => (JSON.parse(text) as { id: string }).id === key
  return asked(key, fault(`${mobile}/m/v1/orders`, { method: 'POST', headers }, isOurs))
}

function asked(key: string, fault: Promise<string | undefined>): Asked {
  let over = false
  void fault.then(() => (over = true))
  return { key, isOver: () => over, fault }
}

async function fault(url: string, init: RequestInit, isGood: (text: string) => boolean): Promise<string | undefined> {
  try {
    const answer = await fetch(url, init)
    const text = await answer.text()
    if (!answer.ok) return `${answer.status} ${text.slice(0, 100)}`
    return isGood(text) ? undefined : 'not the whole answer'
  } catch (error) {
    return String((error as Error).cause ?? error)
  }
}

/** What became of them, by what was answered and by what the service knows. */
export async function answersOf(all: readonly Asked[], arrivals: ReadonlyMap<string, number>): Promise<Answers> {
  const faults = await Promise.all(
    all.map(
      async ({ key, fault }) => (await fault) ?? (arrivals.has(key) ? undefined : 'the service knows nothing of it'),
    ),
  )
  const lost = faults.filter((one) => one !== undefined)
  const repeats = all.reduce((sum, { key }) => sum + Math.max(0, (arrivals.get(key) ?? 0) - 1), 0)
  return { asked: all.length, answered: all.length - lost.length, lost, repeats }
}
