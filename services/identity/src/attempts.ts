import { turns } from './turns.ts'

/** How many tries may fail at once, and how often one is restored. */
interface Allowance {
  readonly most: number
  /** Milliseconds until a failure is forgotten. */
  readonly every: number
}

/** Per address and login; per address; per login across all addresses, so that a botnet gains nothing. */
const allowances = [
  { most: 5, every: 30_000 },
  { most: 50, every: 5_000 },
  { most: 100, every: 60_000 },
] as const satisfies readonly Allowance[]

export interface Outcome<T> {
  /** Milliseconds until the next permitted try; 0: this one was made. */
  readonly wait: number
  /** What `prove` returned. */
  readonly result?: T | undefined
}

export interface AttemptsOptions {
  readonly clock?: () => number
  /** Number of logins and addresses remembered; beyond that, the one that failed longest ago is forgotten. */
  readonly room?: number
}

/**
 * Limits password tries; only failed ones (`undefined`) count. Tries for one login at one address run one at a time, so a hundred
 * in parallel get no further than a hundred in sequence, and signing in on five devices at once is not suspicious. Towards the two
 * larger allowances a try counts until it succeeds.
 */
export function attempts({ clock = () => performance.now(), room = 50_000 }: AttemptsOptions = {}) {
  // When a key's last failure will be forgotten.
  const debts = new Map<string, number>()
  const set = (key: string, debt: number): void => {
    debts.delete(key)
    if (debt > clock()) debts.set(key, debt)
    for (const oldest of debts.keys()) {
      if (debts.size <= room) return
      debts.delete(oldest)
    }
  }
  const debtOf = (key: string): number => Math.max(clock(), debts.get(key) ?? 0)
  const inTurn = turns()
  return <T>(login: string, address: string, prove: () => Promise<T | undefined>): Promise<Outcome<T>> => {
    const keys = [`${address} ${login}`, address, ` ${login}`] as const
    const add = (sign: 1 | -1) =>
      allowances.forEach(({ every }, nth) => set(keys[nth]!, debtOf(keys[nth]!) + sign * every))
    return inTurn(keys[0], async () => {
      const waits = allowances.map(({ most, every }, nth) => debtOf(keys[nth]!) + every - most * every - clock())
      const wait = Math.max(0, ...waits)
      if (wait > 0) return { wait }
      add(1)
      const result = await prove()
      if (result !== undefined) add(-1)
      return { wait, result }
    })
  }
}
