import { randomBytes, scrypt as scryptCallback, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export interface PasswordHash {
  readonly salt: Buffer
  readonly digest: Buffer
}

const scrypt = promisify<string, Buffer, number, Buffer>(scryptCallback)
const bytes = 32

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16)
  return { salt, digest: await scrypt(password, salt, bytes) }
}

export async function isPassword(password: string, { salt, digest }: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await scrypt(password, salt, bytes), digest)
}
