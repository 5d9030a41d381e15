import type { Output, Streaming } from '@bff/gateway-core/contract'
import type { Web } from '@bff/contracts/web'
import { useEffect, useState } from 'react'

/** The newest item of a stream, and `first` until there is one. The browser connects again by itself when it is cut off. */
export function useLive<K extends Streaming<Web>>(_: K, url: string, first: Output<Web, K>): Output<Web, K> {
  const [newest, setNewest] = useState<{ readonly url: string; readonly item: Output<Web, K> }>()
  useEffect(() => {
    const source = new EventSource(url)
    source.addEventListener('message', ({ data }) => {
      setNewest({ url, item: JSON.parse(data as string) as Output<Web, K> })
    })
    // Whatever ended it, it would end a new one too: what is shown stays.
    for (const last of ['end', 'problem']) source.addEventListener(last, () => source.close())
    return () => source.close()
  }, [url])
  return newest?.url === url ? newest.item : first
}
