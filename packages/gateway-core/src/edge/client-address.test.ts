import { describe, expect, it } from '@jest/globals'
import { within } from '../networks.ts'
import { clientAddress, limitKey } from './client-address.ts'

const asked = (peer: string, headers: Record<string, string> = {}) => ({ socket: { remoteAddress: peer }, headers })
const trusted = ['10.0.0.0/8', 'fd00::/8', '192.0.2.7']

describe('clientAddress', () => {
  it.each([
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['2001:db8::1', '2001:db8::1'],
  ])('H-02: trusts nobody by default: %s', (peer, address) => {
    expect(clientAddress()(asked(peer, { 'x-forwarded-for': '6.6.6.6' }))).toBe(address)
  })

  it.each([
    ['the peer is a stranger', '198.51.100.1', '6.6.6.6', '198.51.100.1'],
    ['one hop', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['what a client wrote itself', '10.0.0.1', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['proxies before proxies', '10.0.0.1', '6.6.6.6, 203.0.113.9, 192.0.2.7,10.1.1.1', '203.0.113.9'],
    ['a private client', '10.0.0.1', '10.9.9.9', '10.9.9.9'],
    ['a mapped peer', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['a mapped hop', '10.0.0.1', '203.0.113.9, ::ffff:10.2.2.2', '203.0.113.9'],
    ['ports', '10.0.0.1', '203.0.113.9:1234, 10.2.2.2:80', '203.0.113.9'],
    ['brackets', '10.0.0.1', '[2001:db8::7]:443', '2001:db8::7'],
    ['quotes', 'fd00::1', '"[2001:db8::7]"', '2001:db8::7'],
    ['garbage', '10.0.0.1', 'evil', '10.0.0.1'],
    ['garbage on the way', '10.0.0.1', '203.0.113.9, unknown, 10.2.2.2', '10.0.0.1'],
    ['garbage beyond the client', '10.0.0.1', 'evil, 203.0.113.9', '203.0.113.9'],
    ['nothing', '10.0.0.1', '', '10.0.0.1'],
    ['an empty hop', '10.0.0.1', ',', '10.0.0.1'],
    ['a zone', '10.0.0.1', 'fe80::1%eth0', '10.0.0.1'],
    ['50 hops', '10.0.0.1', `203.0.113.9${', 10.2.2.2'.repeat(49)}`, '203.0.113.9'],
    ['1 000 hops', '10.0.0.1', `203.0.113.9${', 10.2.2.2'.repeat(1_000)}`, '10.0.0.1'],
  ])('H-03: %s', (_what, peer, chain, address) => {
    expect(clientAddress(trusted)(asked(peer, { 'x-forwarded-for': chain }))).toBe(address)
  })

  it.each(['10.0.0.0/33', 'fd00::/129', 'evil', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/x'])(
    'refuses the range %s',
    (range) => {
      expect(() => within([range])).toThrow(range)
    },
  )
})

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2ff:3:4:5:6', '2001:db8:1:200::/56'],
  ['2001:db8::1', '2001:db8:0:0::/56'],
  ['2001:DB8:1:2AA::', '2001:db8:1:200::/56'],
  ['::1', '0:0:0:0::/56'],
  ['::', '0:0:0:0::/56'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/56'],
  ['fe80::1%eth0', 'fe80:0:0:0::/56'],
])('H-03: a limit counts %s as %s', (address, key) => {
  expect(limitKey(address)).toBe(key)
})
