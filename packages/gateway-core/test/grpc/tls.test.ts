import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { secured } from '../../src/road/tls.ts'
import { authority } from '../authority.ts'
import { outcome, sampleAt } from './sample.ts'

// What holds for everything that is spoken over TLS: test/upstream-tls.test.ts.
describe('U-23: gRPC over TLS', () => {
  it('says nothing to one that speaks no HTTP/2', async () => {
    const { certificate: ca, issue } = authority()
    const { certificate: cert, key } = issue({ subject: { CN: 'old' }, address: [127, 0, 0, 1] })
    let asked = 0
    const server = createServer({ cert, key }, () => asked++)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    await using client = sampleAt(`https://127.0.0.1:${port}`, {}, { tls: secured({ ca }) })
    expect(await outcome(client.call('read'))).toBe('502 upstream-failed')
    expect(asked).toBe(0)
    server.close()
  })
})
