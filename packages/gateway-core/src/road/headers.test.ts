import { describe, expect, it } from '@jest/globals'
import { fromClient, fromUpstream } from './headers.ts'

const via = '1.1 bff'

describe('what crosses from a client', () => {
  it('H-5: is told that it came by us, after what is told already', () => {
    expect(fromClient(['Via', '2 edge', 'via', '1.1 cdn'])).toEqual({ via: ['2 edge', '1.1 cdn', via] })
    expect(fromClient(['Connection', 'via'])).toEqual({ via })
  })

  it('keeps what a service may read, repeated names together', () => {
    const raw = ['Accept', 'text/html', 'Accept-Language', 'de', 'X-Shop-View', 'a', 'x-shop-view', 'b']
    expect(fromClient(raw)).toEqual({ accept: 'text/html', 'accept-language': 'de', 'x-shop-view': ['a', 'b'], via })
  })

  it.each([
    ['F7', 'Keep-Alive'],
    ['F7', 'TE'],
    ['F7', 'Proxy-Authorization'],
    ['S-20', 'HTTP2-Settings'],
    ['S-20', 'Upgrade'],
    ['S-22', 'Expect'],
    ['S-25', 'Transfer_Encoding'],
    ['S-25', 'X_User_Id'],
    ['S-29', 'constructor'],
    ['S-31', 'Trailer'],
    ['F6', 'X-Forwarded-For'],
    ['F6', 'Forwarded'],
    ['F6', 'X-Real-IP'],
    ['H-05', 'X-User-Id'],
    ['H-05', 'X-Internal-Trust'],
    ['H-05', 'traceparent'],
    ['H-05', 'X-Deadline-Ms'],
    ['H-06', 'Cookie'],
    ['H-06', 'Authorization'],
  ])('%s: drops %s', (_, name) => {
    expect(fromClient([name, 'x', 'Accept', '*/*'])).toEqual({ accept: '*/*', via })
  })

  it('S-29: survives __proto__', () => {
    expect(fromClient(['__proto__', 'x', 'Accept', '*/*'])).toEqual({ accept: '*/*', via })
  })

  it('H-04: drops what Connection lists, whatever case', () => {
    expect(fromClient(['Accept', '*/*', 'X-Hop', '1', 'connection', 'close, x-hop, authorization'])).toEqual({
      accept: '*/*',
      via,
    })
  })
})

describe('what crosses from a service', () => {
  it('keeps content, and drops connections, cookies and what the service runs on', () => {
    expect(
      fromUpstream({
        'content-type': 'text/plain',
        etag: '"1"',
        vary: ['accept', 'accept-language'],
        connection: 'x-int',
        'x-int': '1',
        trailer: 'x',
        'keep-alive': 'timeout=5',
        'set-cookie': ['__Host-Http-sid=evil'],
        server: 'nginx',
        'x-powered-by': 'Express',
      }),
    ).toEqual({ 'content-type': 'text/plain', etag: '"1"', vary: ['accept', 'accept-language'] })
  })
})
