import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import type { Schema } from '../../contract.ts'
import { dependsOn } from './depends-on.ts'
import { vary } from './vary.ts'

const headers = z.object({ 'accept-language': z.string().default('de'), 'x-app-version': z.string().optional() })
const silent: Schema = { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } }

describe('dependsOn', () => {
  it.each<[string, Parameters<typeof dependsOn>[0], string | undefined]>([
    ['for anybody', { auth: 'open' }, undefined],
    ['for whoever has signed in', {}, 'authorization, cookie'],
    ['for a service', { auth: 'service' }, 'authorization, cookie'],
    ['what the contract reads', { auth: 'open', headers }, 'accept-language, x-app-version'],
    ['both', { headers }, 'accept-language, authorization, cookie, x-app-version'],
    ['what no schema can tell', { headers: silent }, '*'],
    ['no object', { headers: z.string() }, '*'],
    ['what JSON Schema has no words for', { headers: z.object({ a: z.bigint() }) }, '*'],
  ])('H-13, K-3: %s', (_, operation, line) => {
    expect(vary(dependsOn(operation, ['authorization', 'cookie']))).toBe(line)
  })
})
