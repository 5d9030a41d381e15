import { describe, expect, it } from '@jest/globals'
import {
  compileHeaderOps,
  compilePath,
  faultsOfRewrite,
  type HeaderOp,
  type HeaderOps,
  type Direction,
} from './rewrite.ts'

type Headers = Record<string, string | string[]>

describe('header operations', () => {
  it.each<[string, HeaderOps, Headers, Headers]>([
    ['set', [['set', 'X-A', '1']], { 'x-a': '0' }, { 'x-a': '1' }],
    ['add to nothing', [['add', 'X-A', '1']], {}, { 'x-a': '1' }],
    ['add to one', [['add', 'x-a', '1']], { 'x-a': '0' }, { 'x-a': ['0', '1'] }],
    ['add to many', [['add', 'x-a', '1']], { 'x-a': ['a', 'b'] }, { 'x-a': ['a', 'b', '1'] }],
    ['remove', [['remove', 'X-A']], { 'x-a': '0', b: '1' }, { b: '1' }],
    ['rename', [['rename', 'X-A', 'X-B']], { 'x-a': '0', 'x-b': '1' }, { 'x-b': '0' }],
    ['rename what is not there: the name is nobody’s to choose', [['rename', 'x-a', 'x-b']], { 'x-b': '1' }, {}],
    [
      'in order',
      [
        ['rename', 'x-a', 'x-b'],
        ['set', 'x-a', 'new'],
        ['remove', 'x-c'],
      ],
      { 'x-a': 'old', 'x-c': '' },
      { 'x-a': 'new', 'x-b': 'old' },
    ],
    ['nothing', [], { a: '1' }, { a: '1' }],
  ])('%s', (_, ops, given, expected) => {
    expect(compileHeaderOps(ops, 'request')({ ...given })).toEqual(expected)
  })

  const ours = /is set by the gateway, or never forwarded/
  it.each<[Direction, HeaderOp, RegExp]>([
    ['request', ['set', 'Connection', 'x-a'], ours],
    ['request', ['set', 'Transfer-Encoding', 'chunked'], ours],
    ['request', ['add', 'te', 'trailers'], ours],
    ['request', ['set', 'Host', 'evil'], ours],
    ['request', ['set', 'authorization', 'Basic x'], ours],
    ['request', ['set', 'cookie', 'a=b'], ours],
    ['request', ['add', 'X-Forwarded-For', '1.1.1.1'], ours],
    ['request', ['set', 'forwarded', 'for=x'], ours],
    ['request', ['rename', 'x-id', 'X-User-Id'], ours],
    ['request', ['rename', 'x-id', 'x_user_id'], ours],
    ['request', ['set', 'traceparent', 'x'], ours],
    ['request', ['set', 'x-deadline-ms', '9'], ours],
    ['request', ['set', '__proto__', 'x'], ours],
    ['response', ['set', 'set-cookie', 'a=b'], ours],
    ['response', ['rename', 'x-cookie', 'Set-Cookie'], ours],
    ['response', ['set', 'upgrade', 'h2c'], ours],
    ['response', ['set', '__proto__', 'x'], ours],
    ['request', ['set', 'Content-Length', '0'], /belongs to the body/],
    ['request', ['remove', 'content-length'], /belongs to the body/],
    ['response', ['remove', 'Content-Encoding'], /belongs to the body/],
    ['response', ['rename', 'content-range', 'x-range'], /belongs to the body/],
    ['request', ['set', 'x-a', 'b\r\nx-user: root'], /characters that no header may have/],
    ['response', ['add', 'x-a', 'b\nc'], /characters that no header may have/],
    ['request', ['set', 'x-a', 'b\0'], /characters that no header may have/],
    ['request', ['set', 'x a', 'b'], /is not a header name/],
    ['request', ['rename', 'x-a', 'x:b'], /is not a header name/],
    ['request', ['remove', ''], /is not a header name/],
  ])('%s: refuses %j', (way, op, sentence) => {
    expect(() => compileHeaderOps([op], way)).toThrow(sentence)
    expect(faultsOfRewrite('/a', { [way]: [op] })).toEqual([expect.stringMatching(sentence)])
  })
})

describe('a path template', () => {
  it.each<[string, string | undefined, string, Record<string, string>, string]>([
    ['/api/files', undefined, '/api/files/a/b.txt', {}, '/a/b.txt'],
    ['/api/files', undefined, '/api/files/', {}, '/'],
    ['/api/files', '/v2/*', '/api/files/a/caf%C3%A9', {}, '/v2/a/caf%C3%A9'],
    ['/img/:key', '/images/:key', '/img/k/x', { key: 'k' }, '/images/k'],
    ['/img/:key', '/images/:key/*', '/img/k/x/y', { key: 'k' }, '/images/k/x/y'],
    ['/img/:key', '/images/:key', '/img/x', { key: 'a/b?c#d%é' }, '/images/a%2Fb%3Fc%23d%25%C3%A9'],
    ['/:t/files', undefined, '/acme/files/a/b', { t: 'acme' }, '/a/b'],
    ['/:t/files', '/t/:t/*', '/acme/files/a/b', { t: 'acme' }, '/t/acme/a/b'],
    ['/api', '/one', '/api/x', {}, '/one'],
    ['/api', '/', '/api/x', {}, '/'],
  ])('%s as %s: %s', (prefix, template, path, params, expected) => {
    expect(compilePath(prefix, template)(path, params)).toBe(expected)
  })

  it.each([
    ['no slash', 'a', /must start with \//],
    ['a parameter that the prefix has not', '/:id', /has no parameter :id/],
    ['a star inside', '/*/a', /\* must come last/],
    ['a dot segment', '/a/../b', /"\.\." is not a literal path segment/],
    ['an empty segment', '/a//b', /"" is not a literal path segment/],
    ['a query', '/a?b', /"a\?b" is not a literal path segment/],
    ['an escape', '/%2e%2e', /is not a literal path segment/],
    ['a line break', '/a\r\nb', /is not a literal path segment/],
    ['half a parameter', '/a-:key', /is not a literal path segment/],
  ])('refuses %s', (_, template, sentence) => {
    expect(() => compilePath('/img/:key', template)).toThrow(sentence)
    expect(faultsOfRewrite('/img/:key', { path: template })).toEqual([expect.stringMatching(sentence)])
  })
})
