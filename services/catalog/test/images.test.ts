import { crc32, inflateSync } from 'node:zlib'
import { logger, type Running } from '@bff/service-kit'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { start } from '../src/app.ts'
import { pictures, products } from '../src/data.ts'
import { drawings } from '../src/image/draw.ts'
import { picture } from '../src/image/picture.ts'
import { version } from '../src/image/version.ts'

let running: Running

beforeAll(async () => {
  running = await start({ port: 0, hostname: '127.0.0.1', log: logger('catalog', 'silent'), faults: false })
})

afterAll(async () => {
  await running[Symbol.asyncDispose]()
})

const get = (name: string, init?: RequestInit): Promise<Response> => fetch(`${running.url}/images/${name}`, init)

const bytesOf = async (name: string): Promise<Buffer> => Buffer.from(await (await get(name)).arrayBuffer())

/** Chunks of a PNG; verifies their checksums. */
function chunksOf(file: Buffer): [type: string, data: Buffer][] {
  const chunks: [string, Buffer][] = []
  for (let at = 8; at < file.length;) {
    const end = at + 8 + file.readUInt32BE(at)
    expect(file.readUInt32BE(end)).toBe(crc32(file.subarray(at + 4, end)))
    chunks.push([file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, end)])
    at = end + 4
  }
  return chunks
}

describe('images', () => {
  it('exist of every product', async () => {
    const answers = await Promise.all(products.map(({ image }) => get(image)))
    expect(answers.map(({ status }) => status)).toEqual(products.map(() => 200))
    const drawings = await Promise.all(answers.map((answer) => answer.text()))
    expect(new Set(drawings).size).toBe(products.length)
    for (const drawing of drawings) {
      expect(drawing).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]*viewBox="0 0 256 256">.*<\/svg>\n$/)
      expect(drawing).not.toMatch(/NaN|undefined|href|url\(|<script/)
    }
  })

  it('say what they are and how long they keep', async () => {
    const { headers } = await get('round-teapot.svg')
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'image/svg+xml',
      'cache-control': 'public, max-age=86400',
      'content-security-policy': "default-src 'none'",
      'x-content-type-options': 'nosniff',
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
    })
  })

  it('are not sent again to who has them', async () => {
    const etag = (await get('round-teapot.svg')).headers.get('etag')!
    for (const known of [etag, `"other", W/${etag}`, '*']) {
      const answer = await get('round-teapot.svg', { headers: { 'if-none-match': known } })
      expect(answer.status).toBe(304)
      expect(answer.headers.get('etag')).toBe(etag)
      expect(await answer.text()).toBe('')
    }
    expect((await get('round-teapot.png', { headers: { 'if-none-match': etag } })).status).toBe(200)
  })

  it('are the same whenever they are asked for', async () => {
    expect(await bytesOf('ridge-tent.png')).toEqual(await bytesOf('ridge-tent.png'))
  })

  it('answer HEAD with the size alone', async () => {
    const size = (await bytesOf('ridge-tent.png')).length
    const answer = await get('ridge-tent.png', { method: 'HEAD' })
    expect(answer.headers.get('content-length')).toBe(String(size))
    expect(await answer.text()).toBe('')
  })

  it.each([
    'none.svg',
    'none',
    'ridge-tent.gif',
    'ridge-tent.png.',
    'ridge-tent.svg.png',
    '..%2fapp.ts',
    '__proto__.svg',
  ])('are not found: %s', async (name) => {
    const answer = await get(name)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ status: 404, code: 'image-not-found' })
  })

  it('cannot be changed', async () => {
    const answer = await get('ridge-tent.png', { method: 'PUT' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('the size of an image', () => {
  it.each([120, 240, 360, 480, 720, 1080])('is the width asked for: %i', async (w) => {
    const file = await bytesOf(`canvas-rucksack.png?w=${w}`)
    const [[, header], [, data]] = chunksOf(file) as [[string, Buffer], [string, Buffer]]
    expect([header.readUInt32BE(0), header.readUInt32BE(4)]).toEqual([w, w])
    expect(inflateSync(data)).toHaveLength(w * (1 + 3 * w))
  })

  it.each(['241', '0', '-120', '120.0', '0x78', '', ' 120', '99999', '120&w=240', '120&w=120', 'NaN', '1e3'])(
    'is none other: %j',
    async (w) => {
      const answer = await get(`ridge-tent.png?w=${w}`)
      expect(await answer.json()).toMatchObject({ status: 400, code: 'image-size' })
    },
  )

  it('is no matter of an SVG', async () => {
    expect((await get('ridge-tent.svg?w=240')).status).toBe(400)
  })

  it('has a tag of its own', async () => {
    const tags = await Promise.all(
      ['', '?w=120', '?w=240'].map(async (size) => (await get(`ridge-tent.png${size}`)).headers.get('etag')),
    )
    expect(new Set(tags).size).toBe(3)
    const known = { headers: { 'if-none-match': tags[1]! } }
    expect((await get('ridge-tent.png?w=120', known)).status).toBe(304)
    expect((await get('ridge-tent.png?w=240', known)).status).toBe(200)
  })

  it('may be asked for without the ending', async () => {
    const answer = await get('ridge-tent?w=240')
    expect(answer.headers.get('content-type')).toBe('image/png')
    expect(answer.headers.get('etag')).toBe((await get('ridge-tent.png?w=240')).headers.get('etag'))
  })

  it('changes nothing of what is seen', async () => {
    const [, data] = chunksOf(await bytesOf('storage-jars.png?w=1080'))
    const at = (x: number, y: number) =>
      inflateSync(data![1]).toString('hex', y * 3241 + 1 + 3 * x, y * 3241 + 4 + 3 * x)
    const mirrored = (await bytesOf('storage-jars.svg')).toString().includes('matrix')
    const across = (x: number) => Math.round(((mirrored ? 256 - x : x) * 1080) / 256)
    expect([at(across(168), 820), at(across(20), 1013), at(0, 0)]).toEqual(['6f8a63', 'cbd5c0', 'e9ede3'])
  })
})

describe('the version of an image', () => {
  const versionOf = (slug: string): string => {
    const { motif, palette } = pictures.get(slug)!
    return version(picture(slug, motif, palette))
  }

  it.each(['ridge-tent.svg?', 'ridge-tent.png?', 'ridge-tent.png?w=240&', 'ridge-tent?w=1080&'])(
    'makes an address that never changes: %sv=',
    async (address) => {
      const kept = async (v: string) => (await get(`${address}v=${v}`)).headers.get('cache-control')
      expect(await kept(versionOf('ridge-tent'))).toBe('public, max-age=31536000, immutable')
      // A client that requests an outdated version must not cache the current picture under it.
      expect(await kept(versionOf('storage-jars'))).toBe('public, max-age=86400')
      expect(await kept('')).toBe('public, max-age=86400')
    },
  )

  it('is another one for each', () => {
    expect(new Set([...pictures.keys()].map(versionOf)).size).toBe(pictures.size)
  })
})

describe('what has been drawn', () => {
  it('is remembered, up to so many bytes', () => {
    const draw = drawings(10_000)
    const first = draw('ridge-tent', 'png', 120)!
    expect(draw('ridge-tent', 'png', 120)).toBe(first)
    const slugs = [...pictures.keys()].filter((slug) => slug !== 'ridge-tent')
    for (const slug of slugs.slice(0, 12)) {
      draw(slug, 'png', 120)
      // Recently used, so it stays.
      expect(draw('ridge-tent', 'png', 120)).toBe(first)
    }
    const forgotten = draw(slugs[0]!, 'png', 120)!
    for (const slug of slugs.slice(1, 13)) draw(slug, 'png', 120)
    expect(draw('ridge-tent', 'png', 120)).not.toBe(first)
    expect(draw(slugs[0]!, 'png', 120)).not.toBe(forgotten)
    expect(draw(slugs[0]!, 'png', 120)!.bytes).toEqual(forgotten.bytes)
  })

  it('is given out but not kept when it alone is too much', () => {
    const draw = drawings(100)
    expect(draw('ridge-tent', 'png', 120)!.bytes.length).toBeGreaterThan(100)
    expect(draw('ridge-tent', 'png', 120)).not.toBe(draw('ridge-tent', 'png', 120))
  })

  it('is nothing for a name that no product has', () => {
    expect(drawings()('none', 'png')).toBeUndefined()
  })
})

describe('a PNG', () => {
  it('is one, with every checksum right', async () => {
    const file = await bytesOf('enamel-casserole.png')
    expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
    const [header, data, end] = chunksOf(file)
    expect(header).toEqual(['IHDR', Buffer.from([0, 0, 1, 0, 0, 0, 1, 0, 8, 2, 0, 0, 0])])
    expect(data![0]).toBe('IDAT')
    expect(inflateSync(data![1])).toHaveLength(256 * (1 + 3 * 256))
    expect(end![0]).toBe('IEND')
  })

  it('shows the picture that the SVG describes', async () => {
    const [, data] = chunksOf(await bytesOf('storage-jars.png'))
    const lines = inflateSync(data![1])
    const at = (x: number, y: number) => lines.subarray(y * 769 + 1 + 3 * x).toString('hex', 0, 3)
    const drawing = (await bytesOf('storage-jars.svg')).toString()
    const mirrored = drawing.includes('matrix(-1 0 0 1 256 0)')
    const [jar, table] = [mirrored ? 255 - 168 : 168, mirrored ? 255 - 20 : 20]
    // Sage: a full jar, the table, the wall in its corner.
    expect([at(jar, 194), at(table, 240), at(0, 0)]).toEqual(['6f8a63', 'cbd5c0', 'e9ede3'])
    for (const colour of ['#6f8a63', '#cbd5c0', '#e9ede3']) expect(drawing).toContain(colour)
  })
})
