import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { type Card, read } from '../api.ts'
import { Heading } from '../components/heading.tsx'
import { Loaded } from '../components/loaded.tsx'
import { Picture } from '../components/picture.tsx'
import { GridSkeleton, ProductGrid } from '../components/product-grid.tsx'
import { count } from '../format.ts'

export function HomeScreen() {
  const home = useQuery(read('GET /api/home'))
  return (
    <>
      <section className="hero">
        <div>
          <Heading title="Fewer things, made well" />
          <p className="lead">
            Bowls, lamps, blankets and a good pen: a small collection, each thing chosen to be kept.
          </p>
          <Link className="button" to="/products">
            See everything
          </Link>
        </div>
        <Cover card={home.data?.featured[0]} />
      </section>
      <Loaded query={home} skeleton={<GridSkeleton />}>
        {({ categories, featured }) => (
          <>
            <section aria-labelledby="featured">
              <h2 id="featured">Featured</h2>
              {featured.length === 0 && <p className="note">Nothing is featured right now.</p>}
              <ProductGrid items={featured.slice(1).map((card) => ({ ...card, price: card.price.text }))}>
                <li className="card">
                  <div className="picture all">
                    <Link to="/products">All {count(total(categories), 'product')}</Link>
                  </div>
                </li>
              </ProductGrid>
            </section>
            <Categories categories={categories} />
          </>
        )}
      </Loaded>
    </>
  )
}

function Cover({ card }: { readonly card: Card | undefined }) {
  if (card === undefined) return <div className="cover" />
  return (
    <figure className="cover card">
      <Picture src={card.image} eager />
      <figcaption>
        <Link to={`/products/${card.id}`}>{card.name}</Link>
        <span className="price">{card.price.text}</span>
      </figcaption>
    </figure>
  )
}

interface Category {
  readonly id: string
  readonly name: string
  readonly productCount: number
}

const total = (categories: readonly Category[]) => categories.reduce((sum, { productCount }) => sum + productCount, 0)

function Categories({ categories }: { readonly categories: readonly Category[] }) {
  return (
    <section aria-labelledby="categories">
      <h2 id="categories">Browse by category</h2>
      <ul className="categories">
        {categories.map(({ id, name, productCount }) => (
          <li key={id}>
            <Link to={`/products?category=${encodeURIComponent(id)}`}>{name}</Link>
            <span className="note">{count(productCount, 'product')}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
