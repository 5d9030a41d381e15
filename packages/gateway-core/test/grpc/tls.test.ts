import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { Sample } from './gen/sample_pb.js'
import { outcome, sampleAt } from './sample.ts'

let shelf: string
const trusted = getCACertificates()

/** A certificate that vouches for itself. */
function certificate(name: string) {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...subject], { cwd: shelf, stdio: 'pipe' })
  return { key: readFileSync(join(shelf, `${name}.key`)), cert: readFileSync(join(shelf, `${name}.pem`)) }
}

async function secure(name: string, { trusting = true, http2 = true } = {}) {
  const pair = certificate(name)
  if (trusting) setDefaultCACertificates([...trusted, pair.cert.toString()])
  const handler = connectNodeAdapter({ routes: (router) => router.service(Sample, { read: () => ({ id: 'secure' }) }) })
  const server = http2 ? createSecureServer(pair, handler) : createServer(pair, handler as RequestListener)
  const sockets = new Set<{ destroy(): void }>()
  server.on('secureConnection', (socket) => sockets.add(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

beforeAll(() => {
  shelf = mkdtempSync(join(tmpdir(), 'grpc-tls-'))
})

afterAll(() => {
  setDefaultCACertificates(trusted)
  rmSync(shelf, { recursive: true })
})

describe('U-23: over TLS', () => {
  it('speaks to one whose certificate is right', async () => {
    await using service = await secure('right')
    await using client = sampleAt(service.url)
    expect(await outcome(client.call('read'))).toBe('secure')
  })

  it('says nothing to one that nobody vouches for, nor to one that speaks no HTTP/2', async () => {
    await using stranger = await secure('stranger', { trusting: false })
    await using old = await secure('old', { http2: false })
    for (const { url } of [stranger, old]) {
      await using client = sampleAt(url)
      expect(await outcome(client.call('read'))).toBe('502 upstream-failed')
    }
  })
})
