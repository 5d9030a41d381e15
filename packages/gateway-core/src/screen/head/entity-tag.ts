import { hash } from 'node:crypto'

/** Of 6 bits each: 132, so that no two answers are ever taken for one. */
const length = 22

/**
 * A strong tag (RFC 9110 §8.8.3) of the bytes as they leave: same bytes, same tag, in every process and release. What is
 * compressed later needs another tag, or a weak one.
 */
export const entityTag = (bytes: string | Buffer): string => `"${hash('sha256', bytes, 'base64url').slice(0, length)}"`
