import { Category, Product } from '@bff/contracts/catalog'
import { logger, type Running } from '@bff/service-kit'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { start } from '../src/app.ts'

interface Answer {
  readonly items: Product[]
  readonly next?: string
  readonly code?: string
}

let running: Running

beforeAll(async () => {
  running = await start({ port: 0, hostname: '127.0.0.1', log: logger('catalog', 'silent'), faults: false })
})

afterAll(async () => {
  await running[Symbol.asyncDispose]()
})

async function get(path: string): Promise<{ status: number; body: Answer }> {
  const answer = await fetch(running.url + path)
  return { status: answer.status, body: (await answer.json()) as Answer }
}

const names = async (path: string): Promise<string[]> => (await get(path)).body.items.map(({ name }) => name)

/** All items, page by page. */
async function walk(path: string): Promise<Product[]> {
  const found: Product[] = []
  let next: string | undefined
  do {
    const { body } = await get(next === undefined ? path : `${path}&cursor=${next}`)
    found.push(...body.items)
    next = body.next
  } while (next !== undefined)
  return found
}

describe('the goods', () => {
  it('are at least sixty, each as its contract says and none twice', async () => {
    const all = await walk('/products?limit=100')
    expect(all.length).toBeGreaterThanOrEqual(60)
    for (const product of all) expect(Product.strict().safeParse(product)).toMatchObject({ success: true })
    for (const key of ['id', 'sku', 'name', 'image', 'summary'] as const) {
      expect(new Set(all.map((product) => product[key])).size).toBe(all.length)
    }
    expect(all.every(({ id, sku }) => /^prd_[a-z0-9-]+$/.test(id) && /^[A-Z]{3}-\d{3}$/.test(sku))).toBe(true)
  })

  it('are counted by category', async () => {
    const all = await walk('/products?limit=100')
    const { items } = (await (await fetch(`${running.url}/categories`)).json()) as { items: Category[] }
    for (const { id, productCount } of items) {
      expect(all.filter(({ categoryId }) => categoryId === id)).toHaveLength(productCount)
    }
    expect(items).toHaveLength(7)
    expect(items.reduce((sum, { productCount }) => sum + productCount, 0)).toBe(all.length)
  })

  it('are found by id, or not', async () => {
    expect(await get('/products/prd_balanced-arm-lamp')).toMatchObject({
      status: 200,
      body: { sku: 'LMP-001', price: { amount: 18_900, currency: 'EUR' }, image: 'balanced-arm-lamp.svg' },
    })
    expect(await get('/products/prd_none')).toMatchObject({ status: 404, body: { code: 'product-not-found' } })
  })

  it('come in a batch as asked: in that order, without the unknown, once', async () => {
    const ids = ['prd_steel-flask', 'prd_none', 'prd_balanced-arm-lamp', 'prd_steel-flask']
    const { body } = await get(`/products?${ids.map((id) => `ids=${id}`).join('&')}&limit=1`)
    expect(body.items.map(({ id }) => id)).toEqual(['prd_steel-flask', 'prd_balanced-arm-lamp'])
    expect(body.next).toBeUndefined()
    expect(await names('/products?ids=prd_steel-flask')).toEqual(['Vacuum Flask'])
  })
})

describe('search', () => {
  it.each([
    ['the name', 'q=balanced', 'Balanced Arm Lamp'],
    ['the name, in other case', 'q=HARBOUR+pend', 'Harbour Pendant'],
    ['the brand, without its accents', 'q=solvang', 'Round Teapot'],
    ['the brand, with accents of its own', 'q=SØLVANG', 'Round Teapot'],
    ['a decomposed accent', `q=${encodeURIComponent('Bu\u0308rsten')}`, 'Beech Dish Brush'],
    ['a tag', 'q=fountain+pen', 'Iron Gall Ink'],
    ['the summary', 'q=full+moon', 'Opal Globe Lamp'],
  ])('looks at %s', async (_, query, expected) => {
    const found = await names(`/products?${query}`)
    expect(found).toContain(expected)
    expect(found.length).toBeLessThan(12)
  })

  it('wants every word, and does not look at the description', async () => {
    expect(await names('/products?q=finger')).toEqual([])
    expect(await names('/products?q=halden+compass')).toEqual(['Field Compass'])
    expect(await names('/products?q=halden+teapot')).toEqual([])
  })

  it('keeps to a category and to what is featured', async () => {
    const { items } = (await get('/products?category=furniture&limit=100')).body
    expect(items.length).toBeGreaterThan(0)
    expect(items.every(({ categoryId }) => categoryId === 'furniture')).toBe(true)
    const featured = (await get('/products?featured=true&limit=100')).body.items
    expect(featured.length).toBeGreaterThanOrEqual(12)
    expect(featured.every((product) => product.featured)).toBe(true)
    expect(await names('/products?category=none')).toEqual([])
  })

  it('sorts by name or by price, either way', async () => {
    const all = await walk('/products?limit=100')
    expect(all.map(({ name }) => name)).toEqual(all.map(({ name }) => name).toSorted(new Intl.Collator('en').compare))
    const prices = (await walk('/products?limit=100&sort=price')).map(({ price }) => price.amount)
    expect(prices).toEqual(prices.toSorted((a, b) => a - b))
    expect((await walk('/products?limit=100&sort=-price')).map(({ price }) => price.amount)).toEqual(
      prices.toReversed(),
    )
  })
})

describe('pages', () => {
  it.each(['sort=name', 'sort=price', 'sort=-price', 'category=kitchen'])('join to the whole: %s', async (query) => {
    const pages = await walk(`/products?${query}&limit=3`)
    expect(pages).toEqual(await walk(`/products?${query}&limit=100`))
  })

  it('end without a next when the last one is full', async () => {
    expect((await get('/products?category=lighting&limit=9')).body).not.toHaveProperty('next')
    expect((await get('/products?category=lighting&limit=8')).body).toHaveProperty('next')
  })

  it('refuse a cursor that no page has given', async () => {
    const { next } = (await get('/products?limit=3')).body
    expect(await get('/products?cursor=bm9uZQ')).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } })
    expect(await get(`/products?cursor=${next}&sort=price`)).toMatchObject({ status: 400 })
    expect(await get(`/products?cursor=${next}=`)).toMatchObject({ status: 400 })
  })

  it('have a size within reason', async () => {
    expect(await get('/products?limit=0')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/query/limit' }] },
    })
    expect((await get('/products?limit=101')).status).toBe(422)
  })
})
