import { describe, expect, it } from '@jest/globals'
import { validate } from '../validate.ts'
import { batchBody } from './batch-body.ts'

const read = (body: unknown, most = 3) => validate(batchBody(most), body, '/body')

const get = { id: 'a', method: 'GET', path: '/m/v1/home?limit=3' }
const post = { id: 'b', method: 'POST', path: '/m/v1/orders', headers: { 'idempotency-key': 'k-12345678' } }

describe('batchBody', () => {
  it('takes reads, and writes that have a key', async () => {
    expect(await read({ parts: [get, { ...post, body: { a: 1 } }] })).toEqual({
      value: [
        { ...get, headers: {}, body: undefined },
        { ...post, headers: { 'idempotency-key': 'k-12345678' }, body: { a: 1 } },
      ],
    })
  })

  it('drops what it does not know', async () => {
    expect(await read({ parts: [{ ...get, key: 'GET /', cookie: 'x' }], other: 1 })).toEqual({
      value: [{ ...get, headers: {}, body: undefined }],
    })
  })

  it.each<[string, unknown, string]>([
    ['no object', null, '/body/parts must be an array of one to 3 parts'],
    ['an array', [get], '/body/parts must be an array'],
    ['no parts', {}, '/body/parts must be an array'],
    ['parts of another kind', { parts: { length: 1, 0: get } }, '/body/parts must be an array'],
    ['none', { parts: [] }, '/body/parts must be an array of one to 3 parts'],
    [
      'too many',
      { parts: ['a', 'b', 'c', 'd'].map((id) => ({ ...get, id })) },
      '/body/parts must be an array of one to 3',
    ],
    ['a part that is none', { parts: [get, null] }, '/body/parts/1 must be an object'],
    ['an id twice', { parts: [get, { ...post, id: 'a' }] }, '/body/parts/1/id is the id of another part'],
    ['no id', { parts: [{ ...get, id: undefined }] }, '/body/parts/0/id must be 1 to 64 characters'],
    ['an id that is no text', { parts: [{ ...get, id: 1 }] }, '/body/parts/0/id must be'],
    ['a long id', { parts: [{ ...get, id: 'x'.repeat(65) }] }, '/body/parts/0/id must be'],
    ['another method', { parts: [{ ...get, method: 'HEAD' }] }, '/body/parts/0/method must be one of GET, POST,'],
    ['a method in lower case', { parts: [{ ...get, method: 'get' }] }, '/body/parts/0/method must be'],
    ['another server', { parts: [{ ...get, path: 'http://10.0.0.1/' }] }, '/body/parts/0/path must be a path'],
    ['no path', { parts: [{ ...get, path: undefined }] }, '/body/parts/0/path must be a path'],
    ['a read with a body', { parts: [{ ...get, body: {} }] }, '/body/parts/0/body a GET has none'],
    ['headers of another kind', { parts: [{ ...get, headers: [] }] }, '/body/parts/0/headers must be an object'],
    [
      'a write without a key',
      { parts: [{ ...post, headers: {} }] },
      '/body/parts/0/headers/idempotency-key a write needs',
    ],
    ['a header that says two things', { parts: [{ ...get, headers: { 'if-none-match': 'a\r\nb: c' } }] }, 'printable'],
    ['a header that says nothing', { parts: [{ ...get, headers: { 'if-none-match': '' } }] }, 'printable'],
    ['a list of headers', { parts: [{ ...get, headers: { 'if-none-match': ['a'] } }] }, 'printable'],
  ])('refuses %s', async (_what, body, fault) => {
    const result = await read(body)
    const faults = 'faults' in result ? result.faults : []
    expect(faults.map(({ pointer, detail }) => `${pointer} ${detail}`)).toEqual([expect.stringContaining(fault)])
  })

  it.each([
    'authorization',
    'Authorization',
    'cookie',
    'x-forwarded-for',
    'x-app-version',
    'host',
    'content-length',
    'traceparent',
    'constructor',
    'If-None-Match',
    '',
  ])('refuses a part that says %j', async (name) => {
    expect(await read({ parts: [{ ...get, headers: { [name]: 'x' } }] })).toEqual({
      faults: [
        {
          pointer: `/body/parts/0/headers/${name}`,
          detail: 'a part may only send accept-language, idempotency-key, if-none-match',
        },
      ],
    })
  })

  it('lists every fault of every part', async () => {
    const result = await read({
      parts: [
        { ...get, method: 1, path: 1 },
        { ...post, headers: { via: 'x' } },
      ],
    })
    expect('faults' in result && result.faults.map(({ pointer }) => pointer)).toEqual([
      '/body/parts/0/method',
      '/body/parts/0/path',
      '/body/parts/1/headers/via',
      '/body/parts/1/headers/idempotency-key',
    ])
  })
})
