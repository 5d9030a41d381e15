import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Card } from '../api.ts'
import { Picture } from './picture.tsx'

export interface Item extends Pick<Card, 'id' | 'name' | 'brand' | 'image'> {
  readonly price: string
}

interface Props {
  readonly items: readonly Item[]
  /** An extra tile after the products. */
  readonly children?: ReactNode
}

export function ProductGrid({ items, children }: Props) {
  return (
    <ul className="grid">
      {items.map(({ id, name, brand, image, price }) => (
        <li key={id} className="card">
          <Picture src={image} />
          <h3>
            <Link to={`/products/${id}`}>{name}</Link>
          </h3>
          <p className="brand">{brand}</p>
          <p className="price">{price}</p>
        </li>
      ))}
      {children}
    </ul>
  )
}

export function GridSkeleton({ items = 8 }: { readonly items?: number }) {
  return (
    <ul className="grid">
      {Array.from({ length: items }, (_, n) => (
        <li key={n} className="card">
          <div className="picture grey" />
          <div className="bar" />
          <div className="bar short" />
        </li>
      ))}
    </ul>
  )
}
