import { generateKeyPairSync } from 'node:crypto'

/** A private key for ES256, in PEM. */
export const newKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'sec1' }).toString()
