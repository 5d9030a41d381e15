import type { Operation } from '../contract.ts'
import { problem } from '../problem.ts'
import { validate } from '../validate.ts'

/** Only what the contract declares leaves. */
export async function show(key: string, { out }: Operation, value: unknown): Promise<unknown> {
  const result = out === undefined ? { value } : await validate(out, value)
  if ('value' in result) return result.value
  const cause = new Error(`an item of ${key} does not match its contract: ${JSON.stringify(result.faults)}`)
  throw problem(500, 'internal-error', { cause })
}
