import { imageWidths } from '@bff/contracts/catalog'
import type { Predicate } from '@bff/gateway-core'

/** An image's URL is `path` + its key + `?w=` one of the widths. */
export const images = { path: '/m/v1/img/', widths: [...imageWidths] }

/** Keeps any other URL away from the service. */
export const sized: Predicate = {
  test: ({ path, search }) => /^\/m\/v1\/img\/[a-z0-9-]{1,64}$/.test(path) && /^\?w=\d{1,4}$/.test(search),
  describe: 'a picture in one size',
}
