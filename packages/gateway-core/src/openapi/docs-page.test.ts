import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import type { Contract } from '../contract.ts'
import { docsPage } from './docs-page.ts'
import { docsStyle } from './docs-style.ts'
import { openApi } from './open-api.ts'

const evil = '"><script>alert(1)</script>'

const contract = {
  'GET /api/things/:id': {
    summary: `A thing ${evil}`,
    auth: 'open',
    query: z.object({ [evil]: z.string().default(evil), depth: z.int().min(1).max(9).optional() }),
    out: z.object({ id: z.string().describe(evil), size: z.enum([evil, 'small']), when: z.iso.datetime() }),
    errors: { 'thing-not-found': 404 },
    optional: ['more'],
  },
  'POST /api/orders': {
    deprecated: { since: '2027-01-31T00:00:00Z', sunset: '2027-07-31T00:00:00Z', link: 'javascript:alert(1)' },
    body: z.object({ quantity: z.int().min(2), tags: z.array(z.string()), more: z.record(z.string(), z.boolean()) }),
    out: z.union([z.object({ orderId: z.string() }), z.null()]),
  },
} as const satisfies Contract

const document = openApi(contract, { title: `Things ${evil}`, version: '1', description: evil, security: 'session' })
const page = docsPage(document)

describe('the page for people', () => {
  it('escapes whatever a contract says, wherever it stands', () => {
    expect(page.match(/alert\(1\)/g)!.length).toBeGreaterThan(6)
    expect(page).not.toMatch(/<script/i)
    expect(page).not.toContain('javascript:')
    const attributes = [...page.matchAll(/<[a-z][^<>]*>/gi)].map(([tag]) => tag)
    expect(attributes.filter((tag) => / on\w+=|style=/.test(tag))).toEqual([])
  })

  it("loads nothing that default-src 'self' forbids", () => {
    expect([...page.matchAll(/<link[^>]*href="([^"]*)"/g)].map(([, href]) => href)).toEqual(['docs/style.css'])
    expect(page).not.toMatch(/<(?:style|img|iframe)|@import|url\(/i)
    expect(docsStyle).not.toMatch(/@import|url\(|<\//)
  })

  it('P-4: has an anchor for every problem, operation and shape, and no link that leads nowhere', () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!)
    expect(new Set(ids).size).toBe(ids.length)
    for (const code of Object.keys(document['x-problems'])) expect(ids).toContain(`problem-${code}`)
    expect(ids).toEqual(expect.arrayContaining(['getApiThingsById', 'postApiOrders', 'shape-Problem', 'tag-things']))
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target!)
    expect(links.filter((target) => !ids.includes(target))).toEqual([])
  })

  it('closes what it opens', () => {
    for (const name of ['details', 'summary', 'section', 'article', 'ul', 'li', 'table', 'div', 'pre', 'a', 'span']) {
      const opened = page.match(new RegExp(`<${name}[\\s>]`, 'g'))?.length ?? 0
      expect([name, page.match(new RegExp(`</${name}\\s*>`, 'g'))?.length ?? 0]).toEqual([name, opened])
    }
  })

  it('shows limits, examples, what is deprecated and who may call', () => {
    expect(page).toContain('minimum 1, maximum 9')
    expect(page).toContain('&#34;quantity&#34;: 2')
    expect(page).toContain('Deprecated since 2027-01-31T00:00:00Z, gone from 2027-07-31T00:00:00Z on')
    expect(page).toMatch(/anybody[\s\S]*signed in/)
    expect(page).toContain('href="#problem-thing-not-found"')
  })
})
