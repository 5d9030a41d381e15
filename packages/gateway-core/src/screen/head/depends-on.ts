import type { Operation, Schema } from '../../contract.ts'

/**
 * Request headers an operation's response can depend on, for `vary`: those its contract reads and, unless it is open,
 * those that identify the user. `*` if its schema cannot list them. Run at boot.
 */
export const dependsOn = (
  { auth, headers }: Pick<Operation, 'auth' | 'headers'>,
  credentials: readonly string[],
): readonly string[] => [...(auth === 'open' ? [] : credentials), ...(headers === undefined ? [] : namesOf(headers))]

/** Standard JSON Schema, optional for a validator. */
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
