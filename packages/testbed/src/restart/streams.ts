import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { type Heard, nothing } from './report.ts'

export interface Follower extends AsyncDisposable {
  readonly heard: Heard
}

/** Follows an event stream as the `EventSource` of a page does: whenever it ends it comes back, as late as it was told, with the last id. */
export function followStream(url: string, user: string): Follower {
  const over = new AbortController()
  const { signal } = over
  const heard = nothing()
  const last = { id: '', retry: 100 }
  const go = async () => {
    while (!signal.aborted) {
      let told = false
      const hear = (block: string) => {
        told = isAway(block, last, heard)
      }
      await visit(url, { user, id: last.id, signal, hear }).catch(() => undefined)
      if (told) heard.away++
      else if (heard.live) heard.cut++
      heard.live = false
      await pause(last.retry, undefined, { signal }).catch(() => undefined)
    }
  }
  const done = go()
  return {
    heard,
    async [Symbol.asyncDispose]() {
      over.abort()
      await done
    },
  }
}

interface Visit {
  readonly user: string
  readonly id: string
  readonly signal: AbortSignal
  readonly hear: (block: string) => void
}

async function visit(url: string, { user, id, signal, hear }: Visit): Promise<void> {
  const headers = { 'x-user': user, accept: 'text/event-stream', ...(id !== '' && { 'last-event-id': id }) }
  const request = get(url, { headers, agent: false, signal })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) return void request.destroy()
  let text = ''
  for await (const piece of answer.setEncoding('utf8')) {
    const blocks = (text + piece).split('\n\n')
    text = blocks.pop()!
    blocks.forEach(hear)
  }
}

/** One event. Whether it says that the stream goes on elsewhere. */
function isAway(block: string, last: { id: string; retry: number }, heard: Heard): boolean {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  const event = field('event')
  last.retry = Number(field('retry') ?? last.retry)
  last.id = field('id') ?? last.id
  if (event === 'live') heard.live = true
  if (event === undefined && block.startsWith('id: ')) heard.revs.push(Number(last.id))
  return event === 'away'
}
