import type { Audit, AuditFacts } from '../audit.ts'
import type { SessionIndex, Whose } from './session-index.ts'
import type { SessionRecords } from './session-records.ts'

/** For the audit log. */
export interface Why {
  /** Words with `-` between them. */
  readonly reason: string
  /** The request that it was asked for with. */
  readonly exchange?: AuditFacts['exchange']
}

/** `false`: there was none, or it is not `was` any more. */
export type End = (name: string, whose: Whose, why: Why, was?: string) => Promise<boolean>

export interface EndingsOptions {
  readonly records: Pick<SessionRecords, 'delete'>
  readonly index: Pick<SessionIndex, 'remove'>
  readonly tell: Audit
  readonly client: string
  /** Ends what is open with it, in all processes. Absent: that ends by itself. */
  readonly revoke?: ((name: string) => Promise<void>) | undefined
}

/**
 * The one way in which sessions of people end before their time, whoever ends them: with their entry goes what is open with them, and
 * one line of the audit log says why.
 */
export function endings({ records, index, tell, client, revoke }: EndingsOptions): End {
  return async (name, whose, { reason, exchange }, was) => {
    // Before the entry: should the store fail in between, whoever asks once more finds it, and does all of it.
    if (was === undefined) await revoke?.(name)
    const ended = await records.delete(name, was)
    if (was !== undefined && !ended) return false
    if (was !== undefined) await revoke?.(name)
    await index.remove(whose, name)
    if (ended) tell('session_expired', { user: whose.sub, client, session: name, reason, exchange })
    return ended
  }
}
