import type { Operation, Schema } from '../../contract.ts'

/**
 * Names of the request headers that an operation's answer can depend on, for `vary`: those that its contract reads and, unless
 * anybody may call it, those that carry the user. `*` when its schema cannot tell them. For the boot.
 */
export const dependsOn = (
  { auth, headers }: Pick<Operation, 'auth' | 'headers'>,
  credentials: readonly string[],
): readonly string[] => [...(auth === 'open' ? [] : credentials), ...(headers === undefined ? [] : namesOf(headers))]

/** Standard JSON Schema, which a validator need not speak. */
interface Telling {
  readonly jsonSchema?: {
    input(options: { readonly target: string }): { readonly properties?: Readonly<Record<string, unknown>> }
  }
}

function namesOf(schema: Schema): readonly string[] {
  try {
    const { properties } = (schema['~standard'] as Telling).jsonSchema!.input({ target: 'draft-2020-12' })
    return Object.keys(properties!)
  } catch {
    return ['*']
  }
}
