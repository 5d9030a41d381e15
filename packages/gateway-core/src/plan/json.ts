import type { Plan } from './plan.ts'

/** A plan as indented JSON. Omits an operation's schemas; numbers that JSON cannot hold become strings. */
export const jsonOf = (plan: Plan): string =>
  `${JSON.stringify(plan, (name, value: unknown) => (name === 'operation' ? plainOf(value) : texted(value)), 2)}\n`

const plainOf = (operation: unknown): object =>
  Object.fromEntries(Object.entries(operation as object).filter(([, value]) => !('~standard' in Object(value))))

const texted = (value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
