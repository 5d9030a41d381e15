import type { Audit, AuditFacts } from '../audit.ts'
import type { SessionIndex, Whose } from './session-index.ts'
import type { SessionRecords } from './session-records.ts'

/** For the audit log. */
export interface Why {
  /** Words joined by `-`. */
  readonly reason: string
  /** The request that caused it. */
  readonly exchange?: AuditFacts['exchange']
}

/** `false`: there was none, or it no longer equals `was`. */
export type End = (name: string, whose: Whose, why: Why, was?: string) => Promise<boolean>

export interface EndingsOptions {
  readonly records: Pick<SessionRecords, 'delete'>
  readonly index: Pick<SessionIndex, 'remove'>
  readonly tell: Audit
  readonly client: string
  /** Ends streams and sockets opened with it, in all processes. Absent: they end by themselves. */
  readonly revoke?: ((name: string) => Promise<void>) | undefined
}

/**
 * The only way to end a user's session early: it deletes the entry, ends what is open with it, and logs why in the
 * audit log.
 */
export function endings({ records, index, tell, client, revoke }: EndingsOptions): End {
  return async (name, whose, { reason, exchange }, was) => {
    // Before the entry: if the store fails in between, a retry still finds the entry and does everything.
    if (was === undefined) await revoke?.(name)
    const ended = await records.delete(name, was)
    if (was !== undefined && !ended) return false
    if (was !== undefined) await revoke?.(name)
    await index.remove(whose, name)
    if (ended) tell('session_expired', { user: whose.sub, client, session: name, reason, exchange })
    return ended
  }
}
