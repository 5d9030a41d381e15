import { readFileSync } from 'node:fs'
import type { Variable } from './variables.ts'

export {
  addresses,
  count,
  issuer,
  milliseconds,
  networks,
  oneOf,
  optionalSecrets,
  pem,
  port,
  redis,
  secret,
  secrets,
  text,
  url,
} from './variables.ts'
export type { Variable } from './variables.ts'

export type Values<V extends Readonly<Record<string, Variable<unknown>>>> = {
  readonly [K in keyof V]: V[K] extends Variable<infer T> ? T : never
}

/** Lists every fault at once, one per line, each with its fix. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

/**
 * Reads and checks all variables together; an empty one counts as unset. Throws one `EnvironmentError` that lists every
 * fault and its fix. `disagree` reports conflicts between variables that are each valid.
 */
export function readEnv<V extends Readonly<Record<string, Variable<unknown>>>>(
  variables: V,
  source: Source = process.env,
  disagree: (values: Partial<Values<V>>) => readonly string[] = () => [],
): Values<V> {
  const faults: string[] = []
  const entries = Object.entries(variables).map(([name, variable]): [string, unknown] => {
    try {
      return [name, read(name, variable, source)]
    } catch (error) {
      faults.push((error as Error).message)
      return [name, undefined]
    }
  })
  const values = Object.fromEntries(entries) as Values<V>
  faults.push(...disagree(values))
  if (faults.length === 0) return values
  throw new EnvironmentError(`The environment is invalid:\n${faults.map((line) => `  - ${line}`).join('\n')}`)
}

/** Whether `NODE_ENV` is `production`: what is only fit for development is then refused. */
export const inProduction = (source: Source = process.env): boolean => source['NODE_ENV'] === 'production'

type Source = Readonly<Record<string, string | undefined>>

function read<T>(name: string, variable: Variable<T>, source: Source): T {
  const { shape, example, fallback, development, hidden } = variable
  const value = given(name, source) ?? fallback ?? (inProduction(source) ? undefined : development)
  const mend = `It must be ${shape}. Example: ${name}=${example}`
  if (value === undefined) throw new TypeError(`${name} is not set. ${mend}`)
  try {
    return variable.parse(value)
  } catch {
    // A rejected secret must not be echoed.
    throw new TypeError(`${name}: ${hidden === true ? 'its value' : JSON.stringify(value)} is invalid. ${mend}`)
  }
}

/** The variable's value, or the content of the file that `<name>_FILE` names. */
function given(name: string, source: Source): string | undefined {
  const file = source[`${name}_FILE`]
  if (!file) return source[name] || undefined
  if (source[name]) throw new TypeError(`${name} and ${name}_FILE are both set. Set one of them.`)
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new TypeError(`${name}_FILE: ${JSON.stringify(file)} cannot be read (${code}). Name a readable file.`, {
      cause: error,
    })
  }
}
