import { STATUS_CODES } from 'node:http'
import type { Operation, PartStatus } from '../contract.ts'
import type { Header, Reference, Response } from './document.ts'
import { explain, type Facts, isTagged, problemsOf, refusals } from './facts.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'

/** The body of every refusal (RFC 9457). */
export const problemSchema: JsonSchema = {
  type: 'object',
  description:
    'Why a request was refused or failed (RFC 9457). Switch on `code`; `title` and `detail` are for people and may change.',
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    source: { type: 'string', description: 'The service that failed.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { pointer: { type: 'string', format: 'json-pointer' }, detail: { type: 'string' } },
        required: ['pointer', 'detail'],
      },
    },
    traceId: { type: 'string', description: 'Finds the reason in the log.' },
  },
  required: ['type', 'title', 'status', 'code', 'traceId'],
}

export const headers: Readonly<Record<string, Header>> = {
  'Cache-Control': {
    description: 'Who may cache the response, and for how long (RFC 9111).',
    schema: { type: 'string' },
  },
  Deprecation: { description: 'Since when the operation is deprecated (RFC 9745).', schema: { type: 'string' } },
  ETag: { description: 'Changes with the response: send it back as `If-None-Match`.', schema: { type: 'string' } },
  Location: { description: 'URL of the created resource.', schema: { type: 'string', format: 'uri-reference' } },
  'Retry-After': { description: 'Seconds to wait before the next attempt.', schema: { type: 'integer', minimum: 0 } },
  'Server-Timing': { description: 'Duration of each part in milliseconds.', schema: { type: 'string' } },
  Sunset: { description: 'When the operation stops answering (RFC 8594).', schema: { type: 'string' } },
}

const named = (names: readonly string[]): Readonly<Record<string, Reference>> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

/** Every response of an operation, by status. */
export function responsesOf(facts: Facts): Readonly<Record<string, Response>> {
  const { operation, own } = facts
  const status = operation.status ?? (operation.out === undefined ? 204 : 200)
  const problems = [...problemsOf(facts)].map(([status, codes]) => [status, refused(status, codes)])
  return {
    [status]: success(facts, status),
    ...(operation.streams === 'numbered' && {
      204: { description: 'There is nothing new and never will be: do not reconnect.' },
    }),
    ...(isTagged(facts) && {
      304: {
        description: 'The client already has the current response.',
        headers: named(['ETag', ...(own ? [] : ['Cache-Control'])]),
      },
    }),
    ...Object.fromEntries(problems),
    default: beforehand,
  }
}

function success(facts: Facts, status: number): Response {
  const { operation, own } = facts
  const { out, deprecated } = operation
  const sent = named([
    ...(own
      ? []
      : ['Cache-Control', ...(operation.streams === undefined && operation.polls !== true ? ['Server-Timing'] : [])]),
    ...(isTagged(facts) ? ['ETag'] : []),
    ...(status === 201 && !own ? ['Location'] : []),
    ...(deprecated === undefined ? [] : ['Deprecation']),
    ...(deprecated?.sunset === undefined ? [] : ['Sunset']),
  ])
  return {
    description: STATUS_CODES[status] ?? 'Success',
    ...(Object.keys(sent).length > 0 && { headers: sent }),
    ...(out !== undefined && { content: contentOf(answered(jsonSchemaOf(out, 'output'), operation), operation) }),
  }
}

/** For a stream, the schema of each item. */
const contentOf = (schema: JsonSchema, { streams }: Operation) =>
  streams === undefined
    ? { 'application/json': { schema } }
    : { 'text/event-stream': { schema }, 'application/x-ndjson': { schema } }

/** The view's schema with `meta.parts` added. */
function answered(shown: JsonSchema, { optional = [], stale = [] }: Operation): JsonSchema {
  const names = [...new Set([...optional, ...stale])]
  if (names.length === 0) return shown
  const told = (name: string): readonly PartStatus[] => [
    'ok',
    ...(stale.includes(name) ? ['stale' as const] : []),
    ...(optional.includes(name) ? ['fallback' as const] : []),
  ]
  const parts = record(Object.fromEntries(names.map((name) => [name, statusOf(told(name))])))
  const meta = { ...record({ parts }), description: 'State of each part that may be missing or stale.' }
  if (shown.properties === undefined) return { allOf: [shown, record({ meta })] }
  return { ...shown, properties: { ...shown.properties, meta }, required: [...(shown.required ?? []), 'meta'] }
}

const statusOf = (told: readonly PartStatus[]): JsonSchema => ({
  type: 'string',
  title: told.map((status) => status.charAt(0).toUpperCase() + status.slice(1)).join('Or'),
  enum: told,
})

const record = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
})

function refused(status: number, codes: readonly string[]): Response {
  return {
    description: `${STATUS_CODES[status] ?? 'Refused'}.${list(codes.map((code) => [code, [status]]))}`,
    ...((status === 429 || status === 503) && { headers: named(['Retry-After']) }),
    content: problemContent({ status: { const: status }, code: { enum: codes } }),
  }
}

/** Refusals that depend on the request, not on the operation. */
const beforehand: Response = {
  description: `The request was refused before the operation was reached.${list(refusals.map((code) => [code, []]))}`,
  content: problemContent({ code: { enum: refusals } }),
}

function problemContent(properties: Readonly<Record<string, JsonSchema>>) {
  return {
    'application/problem+json': { schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties }] } },
  }
}

function list(codes: readonly (readonly [code: string, statuses: readonly number[]])[]): string {
  return `\n\n${codes.map(([code, statuses]) => `- \`${code}\`: ${explain(code, statuses).meaning}`).join('\n')}`
}
