import { describe, expect, it } from '@jest/globals'
import { exchangeOf } from '../../test/exchange.ts'
import type { Exchange } from '../exchange.ts'
import { appVersion, type AppVersions } from './app-version.ts'

const versions: AppVersions = { minimum: '2.3.0', latest: '3.1.0', storeUrl: 'https://store.example/shop' }

const home = { path: '/m/v1/home' }

const saying = (version: string | undefined): Exchange =>
  exchangeOf({ headers: version === undefined ? {} : { 'x-app-version': version } })

describe('appVersion', () => {
  it.each(['2.2.9', '2.2', '1', '0.0.0', '2.3.0-beta.1', '2.2.9+build.5'])(
    'refuses %s and says where a newer one is',
    (version) => {
      expect(() => appVersion(versions)(saying(version), home)).toThrow(
        expect.objectContaining({
          status: 403,
          code: 'app-update-required',
          options: expect.objectContaining({
            extra: { minVersion: '2.3.0', latest: '3.1.0', storeUrl: 'https://store.example/shop', blocking: true },
          }),
        }),
      )
    },
  )

  it.each<[string | undefined, string]>([
    ['2.3.0', 'the oldest that will do'],
    ['2.3', 'the same, written short'],
    ['2.10.0', 'a newer one, whose text sorts before'],
    ['99.0.0', 'one that the store does not have yet'],
    [undefined, 'none: an image is loaded without'],
    ['', 'nothing'],
    ['unknown', 'no version'],
    ['v1.0.0', 'no version either'],
    ['1.0, 2.0', 'two at once'],
    ['1'.repeat(16_000), 'a number past all counting'],
  ])('lets %s pass: %s', (version) => {
    expect(() => appVersion(versions)(saying(version), home)).not.toThrow()
  })

  it('answers any app where a route is exempt, and no other route for it', () => {
    const gate = appVersion({ ...versions, exempt: ['/m/v1/bootstrap'] })
    expect(() => gate(saying('0.1'), { path: '/m/v1/bootstrap' })).not.toThrow()
    expect(() => gate(saying('0.1'), { path: '/m/v1/bootstrap/:id' })).toThrow('no longer supported')
  })

  it.each([
    [{ minimum: '' }, 'minimum: "" is not a version'],
    [{ minimum: '2.x' }, 'minimum: "2.x" is not a version'],
    [{ minimum: '2 <4' }, 'minimum: "2 <4" is not a version'],
    [{ minimum: '>=2' }, 'minimum: ">=2" is not a version'],
    [{ latest: 'new' }, 'latest: "new" is not a version'],
    [{ latest: '2.2' }, 'latest: no one could update, 2.2 is older than 2.3.0'],
    [{ storeUrl: 'store' }, 'storeUrl: "store" is not an address'],
    [{ storeUrl: 'javascript:alert(1)' }, 'storeUrl: "javascript:alert(1)" is not an address'],
    [{ storeUrl: 'http://store.example' }, 'storeUrl: "http://store.example" is not an address'],
    [{ exempt: ['bootstrap'] }, 'exempt: "bootstrap" is not a route path'],
  ])('does not start with %j', (wrong, fault) => {
    expect(() => appVersion({ ...versions, ...wrong })).toThrow(fault)
  })

  it('takes the address of a store that is no web page', () => {
    expect(() => appVersion({ ...versions, storeUrl: 'market://details?id=shop' })).not.toThrow()
  })
})
