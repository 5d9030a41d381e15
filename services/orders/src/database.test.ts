import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openDatabase, transaction } from './database.ts'
import { migrations } from './schema.ts'

let folder: string
const open: DatabaseSync[] = []
const database = (): DatabaseSync => {
  const db = openDatabase(join(folder, 'orders.db'))
  open.push(db)
  return db
}
const pragma = (db: DatabaseSync, name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orders-'))
})
afterEach(() => {
  for (const db of open.splice(0)) db.close()
  rmSync(folder, { recursive: true })
})

describe('openDatabase', () => {
  it('keeps a write-ahead log and syncs every commit', () => {
    const db = database()
    expect(pragma(db, 'journal_mode')).toBe('wal')
    expect(pragma(db, 'synchronous')).toBe(2)
    expect(pragma(db, 'foreign_keys')).toBe(1)
    expect(pragma(db, 'user_version')).toBe(migrations.length)
  })
  it('leaves an up-to-date file as it is', () => {
    database().exec(`INSERT INTO carts VALUES ('ada', 7)`)
    expect(database().prepare('SELECT * FROM carts').all()).toEqual([{ customer_id: 'ada', rev: 7 }])
  })
  it('refuses the file of a newer release', () => {
    database().exec('PRAGMA user_version = 99')
    expect(database).toThrow(/schema 99/)
  })
  it('refuses values of another type', () => {
    expect(() => database().exec(`INSERT INTO carts VALUES ('ada', 'seven')`)).toThrow(/cannot store TEXT/)
  })
})

describe('transaction', () => {
  it('takes everything back when the work throws', () => {
    const db = database()
    const work = (): void => {
      db.exec(`INSERT INTO carts VALUES ('ada', 1)`)
      throw new Error('no')
    }
    expect(() => transaction(db, work)).toThrow('no')
    expect(db.prepare('SELECT count(*) AS n FROM carts').get()).toEqual({ n: 0 })
    expect(transaction(db, () => 'next')).toBe('next')
  })
})
