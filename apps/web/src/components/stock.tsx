import type { Output } from '@bff/gateway-core/contract'
import type { Web } from '@bff/contracts/web'

type Props = Output<Web, 'GET /api/products/:id'>['stock']

export function Stock({ availability, text }: Props) {
  return <p className={`stock ${availability}`}>{text}</p>
}
