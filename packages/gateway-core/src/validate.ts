import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Schema } from './contract.ts'
import type { Fault } from './problem.ts'

export type Validation = { readonly value: unknown } | { readonly faults: readonly Fault[] }

/**
 * Validates with any Standard Schema; synchronously unless the schema is asynchronous. Pointers are RFC 6901, below
 * `root`.
 */
export function validate(schema: Schema, value: unknown, root = ''): Validation | Promise<Validation> {
  const checked = schema['~standard'].validate(value)
  return checked instanceof Promise ? checked.then((result) => outcome(result, root)) : outcome(checked, root)
}

function outcome(result: StandardSchemaV1.Result<unknown>, root: string): Validation {
  if (result.issues === undefined) return { value: result.value }
  return { faults: result.issues.map(({ path = [], message }) => ({ pointer: root + pointer(path), detail: message })) }
}

const pointer = (path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string =>
  path
    .map((step) => String(typeof step === 'object' ? step.key : step))
    .map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
