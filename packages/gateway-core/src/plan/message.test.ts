import { create, toBinary } from '@bufbuild/protobuf'
import { ApiSchema, FieldMaskSchema, StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from '@jest/globals'
import { messageOf } from './message.ts'

describe('messageOf', () => {
  it('has every field, and lists of items that differ', () => {
    const api = create(ApiSchema, messageOf(ApiSchema, 3) as never)
    expect(api.name).toBe('name-1')
    expect(api.methods.map(({ name }) => name)).toEqual(['name-1', 'name-2', 'name-3'])
    expect(api.sourceContext!.fileName).toBe('fileName-1')
    expect(create(FieldMaskSchema, messageOf(FieldMaskSchema) as never).paths).toEqual(['paths-1', 'paths-2'])
  })

  it('has one entry of a map, and ends in a shape that holds itself', () => {
    const { fields } = create(StructSchema, messageOf(StructSchema) as never)
    expect(Object.keys(fields)).toEqual(['key'])
  })

  it('has the first of a oneof only', () => {
    expect(messageOf(ValueSchema)).toMatchObject({ kind: { case: 'nullValue' } })
  })

  it.each([ApiSchema, FieldMaskSchema, StructSchema, ValueSchema])('can be sent: $typeName', (shape) => {
    expect(toBinary(shape, messageOf(shape) as never).length).toBeGreaterThan(0)
  })
})
