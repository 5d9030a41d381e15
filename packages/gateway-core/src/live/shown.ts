import type { Followed, Schema } from '../contract.ts'
import { problem } from '../problem.ts'
import { validate } from '../validate.ts'

interface Shown {
  readonly out: Schema
  readonly view: (item: never) => unknown
}

/** What happened, as a client is shown it: what a schema says, and nothing beside it. */
export async function* shown(
  name: string,
  { out, view }: Shown,
  items: AsyncIterable<Followed<unknown>>,
): AsyncGenerator<Followed<unknown>> {
  for await (const one of items) {
    if (one.type !== 'item') {
      yield one
      continue
    }
    const result = await validate(out, view(one.item as never))
    if ('faults' in result) {
      const cause = new Error(`an item of ${name} is not what its contract says: ${JSON.stringify(result.faults)}`)
      throw problem(500, 'internal-error', { cause })
    }
    yield { ...one, item: result.value }
  }
}
