import { describe, expect, it } from '@jest/globals'
import { clients, formTarget } from './clients.ts'

const [web, app] = clients({ webOrigins: ['https://shop.example'], webSecret: 'secret' })

describe('the clients', () => {
  it('N-5: are one that can keep a secret, and one that cannot and has none', () => {
    expect(web).toMatchObject({ token_endpoint_auth_method: 'client_secret_basic', client_secret: 'secret' })
    expect(app).toMatchObject({ application_type: 'native', token_endpoint_auth_method: 'none' })
    expect(app).not.toHaveProperty('client_secret')
  })

  it('N-3, N-4: lead an app to the loopback by number, or to a scheme that is a domain turned round', () => {
    for (const uri of app!.redirect_uris!) {
      const { protocol, hostname, port } = new URL(uri)
      if (protocol === 'http:') expect([['127.0.0.1', '[::1]'].includes(hostname), port]).toEqual([true, ''])
      else expect(protocol).toMatch(/^[a-z]+(?:\.[a-z]+)+:$/)
    }
  })

  it.each([
    ['https://shop.example/bff/callback', 'https://shop.example'],
    ['http://127.0.0.1:50123/callback', 'http://127.0.0.1:50123'],
    ['http://[::1]:50123/callback', 'http:'],
    ['shop.example.app:/callback', 'shop.example.app:'],
  ])('let a form that ends at %s go to %s', (uri, target) => expect(formTarget(uri)).toBe(target))
})
