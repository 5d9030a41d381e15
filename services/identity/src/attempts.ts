/** How many tries may fail at once, and how often one more may later. */
interface Allowance {
  readonly most: number
  /** Milliseconds until a failure is forgotten. */
  readonly every: number
}

/** At one address for one login; at one address; for one login from everywhere, so that many addresses are no way around. */
const allowances = [
  { most: 5, every: 30_000 },
  { most: 50, every: 5_000 },
  { most: 100, every: 60_000 },
] as const satisfies readonly Allowance[]

export interface Attempt {
  /** Milliseconds to wait before the next try; 0: this one may go on. */
  readonly wait: number
  /** To be called when it was no failure: only those count. */
  succeeded(): void
}

export interface AttemptsOptions {
  readonly clock?: () => number
  /** Logins and addresses kept in mind; beyond that the one that failed longest ago is forgotten. */
  readonly room?: number
}

/**
 * Tries at a password. Each counts before its outcome is known, so that of a hundred at the same time no more get through than
 * one after the other.
 */
export function attempts({ clock = () => performance.now(), room = 50_000 }: AttemptsOptions = {}) {
  // When the last failure of a key will be forgotten.
  const debts = new Map<string, number>()
  const set = (key: string, debt: number): void => {
    debts.delete(key)
    if (debt > clock()) debts.set(key, debt)
    for (const oldest of debts.keys()) {
      if (debts.size <= room) return
      debts.delete(oldest)
    }
  }
  return (login: string, address: string): Attempt => {
    const keys = [`${address} ${login}`, address, ` ${login}`]
    const now = clock()
    const debtOf = (key: string) => Math.max(now, debts.get(key) ?? now)
    const waits = allowances.map(({ most, every }, nth) => debtOf(keys[nth]!) + every - most * every - now)
    const wait = Math.max(0, ...waits)
    if (wait === 0) allowances.forEach(({ every }, nth) => set(keys[nth]!, debtOf(keys[nth]!) + every))
    return {
      wait,
      succeeded: () => allowances.forEach(({ every }, nth) => set(keys[nth]!, (debts.get(keys[nth]!) ?? 0) - every)),
    }
  }
}
