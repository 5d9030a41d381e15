import { hash } from 'node:crypto'
import type { Picture } from './picture.ts'
import { svg } from './svg.ts'

/** A hash of the picture, the same in every size: 10 characters. With it, a URL's content never changes. */
export const version = (picture: Picture): string => hash('sha256', svg(picture), 'base64url').slice(0, 10)
