import type { Web } from '@bff/contracts/web'
import type { Output } from '@bff/gateway-core/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { read } from '../api.ts'
import { Buy } from '../components/buy.tsx'
import { Heading } from '../components/heading.tsx'
import { Loaded } from '../components/loaded.tsx'
import { Picture } from '../components/picture.tsx'
import { Reviews } from '../components/reviews.tsx'
import { Stock } from '../components/stock.tsx'
import { useLive } from '../live.ts'

type Answer = Output<Web, 'GET /api/products/:id'>

export function ProductScreen() {
  const { id = '' } = useParams()
  const query = useQuery(read('GET /api/products/:id', { id }))
  return (
    <>
      {query.data === undefined && <Heading title="Product" hidden={query.isPending} />}
      <Loaded query={query} skeleton={<Skeleton />}>
        {(answer) => (
          <>
            <Details key={id} {...answer} />
            <Reviews {...answer} />
          </>
        )}
      </Loaded>
    </>
  )
}

function Details({ product, stock: first, meta }: Answer) {
  const url = `/api/products/${encodeURIComponent(product.id)}/stock`
  const stock = useLive('GET /api/products/:id/stock', url, first)
  return (
    <div className="product">
      <Picture src={product.image} alt={product.name} eager />
      <div className="details">
        <nav aria-label="Breadcrumb">
          <Link to="/products">Shop</Link>
          <span aria-hidden="true"> / </span>
          <Link to={`/products?category=${encodeURIComponent(product.category.id)}`}>{product.category.name}</Link>
        </nav>
        <Heading title={product.name} />
        <p className="brand">{product.brand}</p>
        <p className="lead">{product.summary}</p>
        <p className="price">{product.price.text}</p>
        {meta.parts.stock === 'fallback' && stock === first ? (
          <p className="stock unknown">Availability cannot be shown right now. It is checked again at checkout.</p>
        ) : (
          <Stock {...stock} />
        )}
        {stock.availability !== 'out' && <Buy id={product.id} name={product.name} />}
        <p className="description">{product.description}</p>
        <Specs specs={product.specs} />
      </div>
    </div>
  )
}

function Specs({ specs }: { readonly specs: Answer['product']['specs'] }) {
  if (specs.length === 0) return null
  return (
    <section aria-labelledby="specs">
      <h2 id="specs">Details</h2>
      <dl className="specs">
        {specs.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Skeleton() {
  return (
    <div className="product">
      <div className="picture grey" />
      <div className="details">
        <div className="bar tall" />
        <div className="bar short" />
        <div className="bar" />
        <div className="bar short" />
      </div>
    </div>
  )
}
