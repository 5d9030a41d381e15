import type { Schema } from './contract.ts'
import type { Fault } from './problem.ts'

export type Validation = { readonly value: unknown } | { readonly faults: readonly Fault[] }

/** Check a value against any Standard Schema. Pointers are RFC 6901, below `root`. */
export async function validate(schema: Schema, value: unknown, root = ''): Promise<Validation> {
  const checked = schema['~standard'].validate(value)
  const result = checked instanceof Promise ? await checked : checked
  if (result.issues === undefined) return { value: result.value }
  return { faults: result.issues.map(({ path = [], message }) => ({ pointer: root + pointer(path), detail: message })) }
}

const pointer = (path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string =>
  path
    .map((step) => String(typeof step === 'object' ? step.key : step))
    .map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
