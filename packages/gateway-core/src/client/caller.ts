/** A client's credentials: `cookie()`, `bearer(…)`, or your own. */
export interface Caller {
  /** Passed to `fetch`. Absent: its default. */
  readonly credentials?: 'same-origin' | 'include' | 'omit'
  /** Differs after every change of person: a call that one began is not sent as the next. Absent: never changes. */
  readonly person?: number
  /**
   * Makes one call of an operation (`GET /orders/:id`) through `attempt` with the credential headers: once, or twice if
   * the credential was refused and could be refreshed.
   */
  send<T>(attempt: (proof: Readonly<Record<string, string>>) => Promise<T>, operation: string): Promise<T>
}
