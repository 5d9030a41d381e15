import type { ReactNode } from 'react'

interface Props {
  readonly text: string
  readonly children?: ReactNode
}

export function Total({ text, children }: Props) {
  return (
    <aside className="panel total" aria-label="Summary">
      <dl>
        <dt>Total</dt>
        <dd>{text}</dd>
      </dl>
      {children}
    </aside>
  )
}
