import { flagged } from '../flags.ts'
import { screen } from '../gateway.ts'
import { images } from '../images.ts'
import { release } from '../release.ts'

/** Called by every app version, the oldest included: its answer may gain fields but never change. */
export const bootstrap = screen('GET /m/v1/bootstrap', {
  guard: flagged,
  budget: { bytes: 300, calls: 0, p95: 10 },
  parts: ({ flags }) => ({ flags: Promise.resolve(flags) }),
  view: ({ flags }) => ({
    minVersion: release.minimum,
    latest: release.latest,
    storeUrl: release.storeUrl,
    flags,
    images,
  }),
})
