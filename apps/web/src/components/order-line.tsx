import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Line } from '../api.ts'
import { Picture } from './picture.tsx'

interface Props {
  readonly line: Line
  /** Notes and actions below the line's name. */
  readonly children?: ReactNode
}

export function OrderLine({ line: { product, total }, children }: Props) {
  return (
    <li className="line">
      <Picture src={product.image} />
      <div className="what">
        <p className="name">
          <Link to={`/products/${product.id}`}>{product.name}</Link>
        </p>
        <p className="brand">{product.brand}</p>
        {children}
      </div>
      <p className="price">{total.text}</p>
    </li>
  )
}

export function LinesSkeleton() {
  return (
    <ul className="lines">
      {[1, 2].map((n) => (
        <li key={n} className="line">
          <div className="picture grey" />
          <div className="what">
            <div className="bar" />
            <div className="bar short" />
          </div>
        </li>
      ))}
    </ul>
  )
}
