import { describe, expect, it } from '@jest/globals'
import { eventually } from '../door.ts'
import { startBff } from './app.ts'

const ask = async (url: string, query: string, id = 'a') => {
  const answer = await fetch(`${url}/things/${id}/news?${query}`, { headers: { authorization: 'Bearer ada' } })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  return (await answer.json()) as { items: { n: number }[]; rev: number; resync: boolean; code?: string }
}

describe('a long poll', () => {
  it('answers what has happened at once, all of it', async () => {
    await using bff = await startBff()
    for (let i = 0; i < 5; i++) bff.service.happen()
    const all = [{ n: 3 }, { n: 4 }, { n: 5 }]
    expect(await ask(bff.url, 'after=2&wait=20000')).toEqual({ items: all, rev: 5, resync: false })
  })

  it('waits for what happens', async () => {
    await using bff = await startBff()
    bff.service.happen()
    const news = ask(bff.url, 'after=1&wait=20000')
    await eventually(() => bff.service.open.size > 0)
    bff.service.happen()
    expect(await news).toEqual({ items: [{ n: 2 }], rev: 2, resync: false })
  })

  it('answers nothing once it has waited, or at once to who does not wait', async () => {
    await using bff = await startBff()
    bff.service.happen()
    expect(await ask(bff.url, 'after=1&wait=50')).toEqual({ items: [], rev: 1, resync: false })
    expect(await ask(bff.url, 'after=1&wait=0')).toEqual({ items: [], rev: 1, resync: false })
    expect(await ask(bff.url, 'after=0&wait=0')).toEqual({ items: [{ n: 1 }], rev: 1, resync: false })
  })

  it('E-5: answers at once when this process stops', async () => {
    await using bff = await startBff()
    const news = ask(bff.url, 'wait=25000')
    await eventually(() => bff.service.open.size > 0)
    await bff.stop()
    expect(await news).toMatchObject({ items: [], resync: false })
  })

  it('is refused what the service refuses', async () => {
    await using bff = await startBff()
    expect(await ask(bff.url, 'wait=100', 'none')).toMatchObject({ status: 404, code: 'thing-not-found' })
  })

  it('L-9: ends when the session does', async () => {
    await using bff = await startBff()
    const news = ask(bff.url, 'wait=25000')
    await eventually(() => bff.service.open.size > 0)
    await bff.revocations.session('s1')
    expect(await news).toMatchObject({ status: 401, code: 'token-invalid' })
  })

  it('E-2: has no gap and no repeat', async () => {
    await using bff = await startBff()
    const writing = setInterval(() => bff.service.happen(), 2)
    const seen: number[] = []
    for (let rev = 0; seen.length < 200;) {
      const news = await ask(bff.url, `after=${rev}&wait=5000`)
      expect(news.resync).toBe(false)
      seen.push(...news.items.map(({ n }) => n))
      ;({ rev } = news)
      if (seen.length % 7 === 0) bff.service.cut()
    }
    clearInterval(writing)
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i + 1))
  })
})
