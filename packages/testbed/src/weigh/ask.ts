import { fill } from '@bff/gateway-core/contract'
import type { Case } from './scales.ts'

export interface Answered {
  readonly status: number
  readonly body: Buffer
}

/** Rejects if a part of the answer is degraded, because that would weigh something else. */
export async function ask(url: string, { bff, key, input }: Case): Promise<Answered> {
  const { method, url: path, headers, body } = fill(key, input)
  const answer = await fetch(url + path, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const text = Buffer.from(await answer.arrayBuffer())
  if (!answer.ok) throw new Error(`${bff} ${key} answered ${answer.status}: ${text.toString()}`)
  const { meta } = JSON.parse(text.toString()) as { meta?: { parts: Readonly<Record<string, string>> } }
  const lost = Object.entries(meta?.parts ?? {}).filter(([, state]) => state !== 'ok')
  if (lost.length > 0) throw new Error(`${bff} ${key} answered with degraded parts: ${lost.join(' ')}`)
  return { status: answer.status, body: text }
}
