import type { Operation } from '../contract.ts'
import { problem } from '../problem.ts'
import { validate } from '../validate.ts'

/** What leaves is what the contract says, and nothing beside it. */
export async function show(key: string, { out }: Operation, value: unknown): Promise<unknown> {
  const result = out === undefined ? { value } : await validate(out, value)
  if ('value' in result) return result.value
  const cause = new Error(`an item of ${key} is not what its contract says: ${JSON.stringify(result.faults)}`)
  throw problem(500, 'internal-error', { cause })
}
