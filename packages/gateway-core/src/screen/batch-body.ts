import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Schema } from '../contract.ts'

/** One request inside a batch. */
export interface BatchPart {
  /** Chosen by the client, unique in the batch; repeated in the answer. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/**
 * Headers a part may set, in lower case. The outer request carries all others, such as credentials and app: no part can
 * impersonate someone else.
 */
const settable = new Set(['accept-language', 'idempotency-key', 'if-none-match'])

const methods = new Set<unknown>(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])

type Issue = StandardSchemaV1.Issue

/**
 * `{ parts: [{ id, method, path, headers?, body? }] }`, 1 to `most` of them. A write needs its own `Idempotency-Key`: a
 * client whose batch was cut cannot otherwise find out whether it happened.
 */
export const batchBody = (most: number): Schema => ({
  '~standard': {
    version: 1,
    vendor: '@bff/gateway-core',
    validate: (value) => {
      const issues = faultsOf(value, most)
      return issues.length > 0 ? { issues } : { value: (value as { parts: Written[] }).parts.map(withHeaders) }
    },
  },
})

type Written = Omit<BatchPart, 'headers'> & Partial<BatchPart>

const withHeaders = ({ id, method, path, headers = {}, body }: Written): BatchPart => ({
  id,
  method,
  path,
  headers,
  body,
})

function faultsOf(value: unknown, most: number): Issue[] {
  const parts = isObject(value) ? value['parts'] : undefined
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > most) {
    return [{ path: ['parts'], message: `must be an array of one to ${most} parts` }]
  }
  const ids = new Set<unknown>()
  return parts.flatMap((part: unknown, at) => {
    if (!isObject(part)) return [{ path: ['parts', at], message: 'must be an object' }]
    const repeated = ids.has(part['id']) ? [{ path: ['parts', at, 'id'], message: 'is the id of another part' }] : []
    ids.add(part['id'])
    return [...repeated, ...faultsOfPart(part).map(({ path, message }) => ({ path: ['parts', at, ...path], message }))]
  })
}

function faultsOfPart({ id, method, path, headers = {}, body }: Record<string, unknown>) {
  const faults: { readonly path: string[]; readonly message: string }[] = []
  if (typeof id !== 'string' || id.length === 0 || id.length > 64)
    faults.push({ path: ['id'], message: 'must be 1 to 64 characters' })
  if (!methods.has(method)) faults.push({ path: ['method'], message: `must be one of ${[...methods].join(', ')}` })
  if (typeof path !== 'string' || !path.startsWith('/'))
    faults.push({ path: ['path'], message: 'must be a path: it starts with /' })
  if (method === 'GET' && body !== undefined) faults.push({ path: ['body'], message: 'a GET has none' })
  if (!isObject(headers)) return [...faults, { path: ['headers'], message: 'must be an object' }]
  for (const [name, value] of Object.entries(headers)) {
    if (!settable.has(name)) {
      faults.push({ path: ['headers', name], message: `a part may only send ${[...settable].join(', ')}` })
    } else if (typeof value !== 'string' || !/^[\x20-\x7e]{1,1024}$/.test(value)) {
      faults.push({ path: ['headers', name], message: 'must be 1 to 1024 printable characters' })
    }
  }
  if (methods.has(method) && method !== 'GET' && headers['idempotency-key'] === undefined)
    faults.push({ path: ['headers', 'idempotency-key'], message: 'a write needs its own' })
  return faults
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
