import { hash } from 'node:crypto'

/** Of 6 bits each: 132 in all, so collisions are negligible. */
const length = 22

/**
 * A strong tag (RFC 9110 §8.8.3) of the bytes sent: same bytes, same tag, in every process and release. Compressing
 * them later needs another tag, or a weak one.
 */
export const entityTag = (bytes: string | Buffer): string => `"${hash('sha256', bytes, 'base64url').slice(0, length)}"`
