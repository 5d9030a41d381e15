import type { Batch } from '../contract.ts'
import { isGrpc, type Sources } from '../sources.ts'
import type { Answers } from './dry-run.ts'
import { messageOf } from './message.ts'
import { sampleOf } from './sample.ts'

/**
 * Samples of every upstream response, by contract, with lists of `items` items. A batch form answers exactly the
 * requested ids.
 */
export async function answersOf(sources: Sources, items = 2): Promise<Answers> {
  const samples = new Map<string, unknown>()
  const batches = new Map<string, readonly [key: string, batch: Batch]>()
  for (const [name, source] of Object.entries(sources)) {
    if (isGrpc(source)) {
      for (const { localName, output } of source.methods) samples.set(`${name} ${localName}`, messageOf(output, items))
      continue
    }
    for (const [key, operation] of Object.entries(source)) {
      samples.set(`${name} ${key}`, await sampleOf(operation.out, items))
      if (operation.batch !== undefined) batches.set(`${name} ${operation.batch.by}`, [key, operation.batch])
    }
  }
  return (upstream, key, input) => {
    const asked = `${upstream} ${key}`
    const sample = samples.get(asked)
    const [single, batch] = batches.get(asked) ?? []
    const ids = batch && (input as Readonly<Record<string, unknown>> | undefined)?.[batch.ids]
    if (!Array.isArray(ids)) return sample
    const item = samples.get(`${upstream} ${single}`) as object
    return { ...(sample as object), [batch!.items]: ids.map((id: unknown) => ({ ...item, [batch!.id]: id })) }
  }
}
