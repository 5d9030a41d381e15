import { describe, expect, it } from '@jest/globals'
import { exchangeOf } from '../../test/exchange.ts'
import type { Method } from '../contract.ts'
import type { Predicate } from '../exchange.ts'
import { header, not } from '../when.ts'
import { type Bound, choose, router } from './router.ts'

interface Given {
  readonly when?: Predicate
  readonly place?: string
}

/** `bound('GET|POST /a/:id')` */
function bound(key: string, given: Given = {}): Bound {
  const [methods = '', path = ''] = key.split(' ')
  const route = {
    methods: methods.split('|') as Method[],
    path,
    guard: () => ({}),
    bind: () => () => undefined,
    ...given,
  }
  return { route, handle: () => undefined }
}

const found = (keys: readonly string[], asked: string) => {
  const [method = '', path = ''] = asked.split(' ')
  const match = router(keys.map((key) => bound(key)))(method, path)
  return 'bound' in match ? [match.bound.route.path, match.params] : match.allow.join(',')
}

describe('the router', () => {
  const tree = ['GET /a/b', 'GET /a/:id', 'GET /a/*', 'GET /a/:id/c', 'GET /a/b/d', 'GET /*', 'GET /', 'GET /x/:id/y/*']
  it.each<[string, string, Record<string, string>]>([
    ['GET /a/b', '/a/b', {}],
    ['GET /a/z', '/a/:id', { id: 'z' }],
    ['GET /a/bb', '/a/:id', { id: 'bb' }],
    ['GET /a/b/d', '/a/b/d', {}],
    ['GET /a/b/c', '/a/:id/c', { id: 'b' }],
    ['GET /a/z/c', '/a/:id/c', { id: 'z' }],
    ['GET /a/z/d', '/a/*', { '*': 'z/d' }],
    ['GET /a/b/e', '/a/*', { '*': 'b/e' }],
    ['GET /a/b/', '/a/*', { '*': 'b/' }],
    ['GET /a/', '/a/*', { '*': '' }],
    ['GET /a', '/*', { '*': 'a' }],
    ['GET /A/b', '/*', { '*': 'A/b' }],
    ['GET /', '/', {}],
    ['GET /x/1/y/2/3', '/x/:id/y/*', { id: '1', '*': '2/3' }],
    ['GET /x/1/y', '/*', { '*': 'x/1/y' }],
    ['GET /a/caf%C3%A9', '/a/:id', { id: 'café' }],
    ['GET /a/%252e', '/a/:id', { id: '%2e' }],
  ])('finds for %s the route %s, in whatever order they are listed', (asked, path, params) => {
    expect(found(tree, asked)).toEqual([path, params])
    expect(found(tree.toReversed(), asked)).toEqual([path, params])
  })

  it.each([
    ['GET /b', ''],
    ['POST /a/1', 'GET,HEAD'],
    ['DELETE /a', 'GET,HEAD,POST'],
    ['PROPFIND /a', 'GET,HEAD,POST'],
    ['get /a', 'GET,HEAD,POST'],
  ])('says for %s which methods there are: %j', (asked, allow) => {
    expect(found(['GET /a/:id', 'GET|POST /a'], asked)).toBe(allow)
  })

  it('answers HEAD by the GET of the same path, before a wider path that lists HEAD', () => {
    expect(found(['GET /a/b', 'GET|HEAD /a/*'], 'HEAD /a/b')).toEqual(['/a/b', {}])
    expect(found(['HEAD /a/:id', 'GET /a/:id'], 'HEAD /a/1')).toEqual(['/a/:id', { id: '1' }])
  })

  it('lets no parameter stand for nothing', () => {
    expect(found(['GET /a/:id', 'POST /a/*'], 'GET /a/')).toBe('POST')
    expect(found(['GET /a/:id', 'GET /:x/*'], 'GET /a/')).toEqual(['/:x/*', { x: 'a', '*': '' }])
  })

  it('keeps a parameter longer than 512 from a route, and so from a service', () => {
    expect(found(['GET /a/:id'], `GET /a/${'x'.repeat(512)}`)).toEqual(['/a/:id', { id: 'x'.repeat(512) }])
    expect(found(['GET /a/:id'], `GET /a/${'x'.repeat(513)}`)).toBe('')
  })

  it('asks a route nothing that lies beside the path of a request', () => {
    const asked: string[] = []
    const spy = (key: string) => bound(key, { when: { test: () => asked.push(key) > 0, describe: key } })
    const keys = Array.from({ length: 1_000 }, (_, i) => `GET /area-${i}/:id`)
    const match = router(keys.map(spy))('GET', '/area-500/1')
    expect('bound' in match && choose(match.bound, exchangeOf({}))?.route.path).toBe('/area-500/:id')
    expect(asked).toEqual(['GET /area-500/:id'])
  })
})

describe('predicates', () => {
  const beta = header('x-beta')
  const chosen = (routes: readonly Bound[], headers: Record<string, string>) => {
    const match = router(routes)('GET', '/a')
    return 'bound' in match ? choose(match.bound, exchangeOf({ headers }))?.route.place : undefined
  }

  it('are asked in the listed order, and the route without one comes last', () => {
    const routes = [
      bound('GET /a', { when: beta, place: 'beta' }),
      bound('GET /a', { when: header('x-old'), place: 'old' }),
      bound('GET /a', { place: 'all' }),
    ]
    expect(chosen(routes, { 'x-old': '', 'x-beta': '' })).toBe('beta')
    expect(chosen(routes, { 'x-old': '' })).toBe('old')
    expect(chosen(routes, {})).toBe('all')
    expect(chosen(routes.slice(0, 2), {})).toBeUndefined()
  })

  it('that throw do not let the next route have it', () => {
    const broken: Predicate = {
      test: () => {
        throw new Error('broken')
      },
      describe: 'broken',
    }
    const routes = [bound('GET /a', { when: broken }), bound('GET /a')]
    expect(() => chosen(routes, {})).toThrow('broken')
  })
})

describe('routes that do not fit', () => {
  const beta = header('x-beta')
  it.each<[string, readonly Bound[], string]>([
    [
      'twice the same',
      [bound('GET /a', { place: 'screens/a.ts:1' }), bound('GET /a', { place: 'screens/b.ts:2' })],
      'GET /a (screens/a.ts:1) and GET /a (screens/b.ts:2) answer the same requests',
    ],
    [
      'twice the same but for names',
      [bound('GET /a/:id/:to'), bound('GET|POST /a/:key/:of')],
      'GET /a/:id/:to and GET|POST /a/:key/:of answer the same requests',
    ],
    ['two subtrees', [bound('GET /a/*'), bound('GET /a/*')], 'GET /a/* and GET /a/* answer the same requests'],
    [
      'a predicate behind what takes everything',
      [bound('GET /a', { place: 'a.ts:1' }), bound('GET /a', { when: beta, place: 'b.ts:2' })],
      'GET /a (b.ts:2) is never reached: GET /a (a.ts:1), listed before it, takes everything; list it last',
    ],
    [
      'the same predicate twice',
      [bound('GET /a', { when: beta }), bound('GET /a', { when: header('X-Beta') })],
      'GET /a is never reached: GET /a has the same predicate',
    ],
    [
      'two names for one parameter',
      [bound('GET /a/:id', { when: beta }), bound('GET /a/:key')],
      'GET /a/:id and GET /a/:key must call their parameters the same',
    ],
    ['one name for two', [bound('GET /a/:id/:id')], 'GET /a/:id/:id: :id stands in it twice'],
    ['no method', [bound(' /a')].map(methodless), ' /a: it answers no method'],
    ['no slash', [bound('GET a')], 'GET a: a path consists of literal'],
    ['a star inside', [bound('GET /*/a')], 'GET /*/a: a path consists of literal'],
    ['a pattern', [bound('GET /:id(^\\d+$)')], 'GET /:id(^\\d+$): a path consists of literal'],
    ['an optional parameter', [bound('GET /:id?')], 'GET /:id?: a path consists of literal'],
    ['a parameter in a segment', [bound('GET /a-:id')], 'GET /a-:id: a path consists of literal'],
    ['an empty segment', [bound('GET /a//b')], 'GET /a//b: no request reaches it'],
    ['an escape of what needs none', [bound('GET /%61')], 'GET /%61: no request reaches it'],
    ['a dot segment', [bound('GET /a/../b')], 'GET /a/../b: no request reaches it'],
  ])('%s', (_, routes, sentence) => {
    expect(() => router(routes)).toThrow(`\n  - ${sentence}`)
  })

  it('are all named in one error, each once', () => {
    const all = [bound('GET /a'), bound('GET /a'), bound('POST /b'), bound('POST /b'), bound('GET /c'), bound('GET b')]
    expect(() => router(all)).toThrow(/^The routes do not fit together:(\n {2}- .*){3}$/)
  })

  it('are not those that a predicate, a method or a path keeps apart', () => {
    const all = [
      bound('GET /a/:id', { when: beta }),
      bound('GET /a/:id', { when: not(beta) }),
      bound('GET /a/:id'),
      bound('POST /a/:key'),
      bound('GET /a/*'),
      bound('GET /a/b'),
      bound('HEAD /a/b'),
    ]
    expect(() => router(all)).not.toThrow()
  })
})

function methodless({ route, handle }: Bound): Bound {
  return { route: { ...route, methods: [] }, handle }
}
