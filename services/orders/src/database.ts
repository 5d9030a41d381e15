import { DatabaseSync } from 'node:sqlite'
import { migrations } from './schema.ts'

export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 2_000 })
  try {
    // FULL: an acknowledged write survives a power cut, not only a crash of the process.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    transaction(db, () => migrate(db, file))
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** All or nothing. Takes the write lock at once, so that what `work` reads cannot change before it writes. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite rolls back by itself when the disk is full.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

function migrate(db: DatabaseSync, file: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > migrations.length) {
    throw new Error(`${file} has schema ${version}; this release knows ${migrations.length}. Run the newer release`)
  }
  for (const migration of migrations.slice(version)) db.exec(migration)
  db.exec(`PRAGMA user_version = ${migrations.length}`)
}
