/** As whom a client calls: `cookie()`, `bearer(…)`, or one of your own. */
export interface Caller {
  /** Of `fetch`. Absent: its default. */
  readonly credentials?: 'same-origin' | 'include' | 'omit'
  /** Another number after every change of person: a call that one began is not sent as the next. Absent: nobody changes. */
  readonly person?: number
  /**
   * Makes one call of an operation (`GET /orders/:id`), by `attempt` with the headers that prove who calls: once, or twice when
   * the proof was refused and could be renewed.
   */
  send<T>(attempt: (proof: Readonly<Record<string, string>>) => Promise<T>, operation: string): Promise<T>
}
