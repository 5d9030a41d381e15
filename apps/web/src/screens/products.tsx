import type { Product } from '@bff/contracts/catalog'
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useSearchParams } from 'react-router'
import { catalog } from '../api.ts'
import { Empty } from '../components/empty.tsx'
import { Heading } from '../components/heading.tsx'
import { Loaded } from '../components/loaded.tsx'
import { More } from '../components/more.tsx'
import { GridSkeleton, ProductGrid } from '../components/product-grid.tsx'
import { formatMoney } from '../format.ts'

const sorts = { name: 'Name', price: 'Price, low to high', '-price': 'Price, high to low' }
type Sort = keyof typeof sorts
const isSort = (value: string | null): value is Sort => value !== null && Object.hasOwn(sorts, value)

interface Filter {
  readonly q?: string
  readonly category?: string
  readonly sort: Sort
}

const filterOf = (params: URLSearchParams): Filter => {
  const [q, category, sort] = [params.get('q'), params.get('category'), params.get('sort')]
  return { ...(q && { q }), ...(category && { category }), sort: isSort(sort) ? sort : 'name' }
}

const categoriesQuery = {
  queryKey: ['catalog', 'categories'],
  queryFn: ({ signal }: { signal: AbortSignal }) => catalog.with({ signal })('GET /categories'),
}

const productsQuery = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: ['catalog', 'products', filter],
    queryFn: ({ signal, pageParam: cursor }) => catalog.with({ signal })('GET /products', { ...filter, cursor }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  })

export function ProductsScreen() {
  const filter = filterOf(useSearchParams()[0])
  const categories = useQuery(categoriesQuery).data?.items ?? []
  const category = categories.find(({ id }) => id === filter.category)
  const title = filter.q === undefined ? (category?.name ?? 'All products') : `Results for “${filter.q}”`
  return (
    <>
      <Heading title={title} />
      {category !== undefined && <p className="lead">{category.description}</p>}
      <div className="filters">
        <nav aria-label="Categories">
          <CategoryLink name="Everything" filter={filter} />
          {categories.map(({ id, name }) => (
            <CategoryLink key={id} id={id} name={name} filter={filter} />
          ))}
        </nav>
        <SortBy sort={filter.sort} />
      </div>
      <Results filter={filter} />
    </>
  )
}

function CategoryLink({ id, name, filter }: { readonly id?: string; readonly name: string; readonly filter: Filter }) {
  const params = new URLSearchParams({
    ...(id && { category: id }),
    ...(filter.q && { q: filter.q }),
    sort: filter.sort,
  })
  return (
    <Link to={`/products?${params}`} aria-current={id === filter.category ? 'true' : undefined}>
      {name}
    </Link>
  )
}

function SortBy({ sort }: { readonly sort: Sort }) {
  const [params, setParams] = useSearchParams()
  return (
    <label>
      Sort by{' '}
      <select
        value={sort}
        onChange={({ target }) => setParams({ ...Object.fromEntries(params), sort: target.value }, { replace: true })}
      >
        {Object.entries(sorts).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  )
}

function Results({ filter }: { readonly filter: Filter }) {
  const found = useInfiniteQuery(productsQuery(filter))
  return (
    <Loaded query={found} skeleton={<GridSkeleton />}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items)
        if (items.length === 0)
          return <Empty title="Nothing found" text="Try another word, or browse all products." browse="All products" />
        return (
          <>
            <h2 className="hidden">Products</h2>
            <ProductGrid items={items.map(itemOf)} />
            <More query={found} />
          </>
        )
      }}
    </Loaded>
  )
}

const itemOf = ({ id, name, brand, image, price }: Product) => ({
  id,
  name,
  brand,
  image: `/api/catalog/images/${image}`,
  price: formatMoney(price),
})
