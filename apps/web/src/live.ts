import type { Output, Streaming } from '@bff/gateway-core/contract'
import type { Web } from '@bff/contracts/web'
import { useEffect, useState } from 'react'

/** The newest item of a stream, `first` until one arrives. The browser reconnects by itself after an interruption. */
export function useLive<K extends Streaming<Web>>(_: K, url: string, first: Output<Web, K>): Output<Web, K> {
  const [newest, setNewest] = useState<{ readonly url: string; readonly item: Output<Web, K> }>()
  useEffect(() => {
    const source = new EventSource(url)
    source.addEventListener('message', ({ data }) => {
      setNewest({ url, item: JSON.parse(data as string) as Output<Web, K> })
    })
    // A new stream would end for the same reason: keep showing the last item.
    for (const last of ['end', 'problem']) source.addEventListener(last, () => source.close())
    return () => source.close()
  }, [url])
  return newest?.url === url ? newest.item : first
}
