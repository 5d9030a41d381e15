import { hash } from 'node:crypto'
import type { Picture } from './picture.ts'
import { svg } from './svg.ts'

/** Another one for every other picture, the same in every size: 10 characters. Beside a name, it makes an address that never changes. */
export const version = (picture: Picture): string => hash('sha256', svg(picture), 'base64url').slice(0, 10)
