import { describe, expect, it } from '@jest/globals'
import { hasOneReading, jsonObject } from './strict-json.ts'

describe('hasOneReading', () => {
  it.each([
    '{}',
    '{"a":1,"b":1}',
    '{"a":{"a":{"a":1}}}',
    '{"a":[{"b":1},{"b":1}]}',
    '{"a":"\\"a\\":","b":"{","c":"}"}',
    String.raw`{"a\\":1,"a":1}`,
    '{"a":["a","a"],"b":"a"}',
    '{"A":1,"a":1}',
    '{"proto":1,"constructor":1}',
  ])('J-08: of %s', (json) => {
    expect([hasOneReading(json), JSON.parse(json) as unknown]).toEqual([true, expect.anything()])
  })

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"b":{"c":"}"},"a":1}',
    '{"b":{"a":1,"a":1}}',
    '[[{"a":1,"a":1}]]',
    String.raw`{"a":1,"\u0061":2}`,
    '{"a" \n\t :1,"a":2}',
    '{"":1,"":1}',
    '{"__proto__":1}',
    '{"a":[{"__proto__":{}}]}',
    String.raw`{"__pr\u006fto__":1}`,
  ])('J-08: not of %s', (json) => {
    expect([hasOneReading(json), JSON.parse(json) as unknown]).toEqual([false, expect.anything()])
  })

  it('comes to an end with much of it', () => {
    const wide = `{${Array.from({ length: 2_000 }, (_, i) => `"k${i}"${' '.repeat(100)}:1`).join()}}`
    expect(hasOneReading(wide)).toBe(true)
  })
})

describe('jsonObject', () => {
  it.each(['', 'null', '1', '"a"', '[]', '{', '{}{}', '\ufeff{}', '{"a":undefined}', "{'a':1}", '[{'.repeat(50_000)])(
    'is not %.20s',
    (text) => {
      expect(jsonObject(Buffer.from(text))).toBeUndefined()
    },
  )

  it('is nothing but UTF-8', () => {
    expect(jsonObject(Buffer.from('{"a":"é"}', 'latin1'))).toBeUndefined()
    expect(jsonObject(Buffer.from('{"a":"é"}'))).toEqual({ value: { a: 'é' }, text: '{"a":"é"}' })
  })
})
