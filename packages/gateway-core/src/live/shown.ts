import type { Followed, Schema } from '../contract.ts'
import { show } from './show.ts'

interface Shown {
  readonly out: Schema
  readonly view: (item: never) => unknown
}

/** What happened, as a client is shown it. */
export async function* shown(
  name: string,
  { out, view }: Shown,
  items: AsyncIterable<Followed<unknown>>,
): AsyncGenerator<Followed<unknown>> {
  for await (const one of items)
    yield one.type === 'item' ? { ...one, item: await show(name, { out }, view(one.item as never)) } : one
}
