import { type Exchange, type Guard, when } from '@bff/gateway-core'

/** Feature flags and who gets them. An app ignores a flag it does not know, and treats a missing one as off. */
const flags = {
  sizedImages: when.appVersion('>=1.0'),
  orderAgain: when.weight(0.1, undefined, 'orderAgain'),
}

export type Flags = Readonly<Record<keyof typeof flags, boolean>>

const flagsFor = (exchange: Exchange): Flags =>
  Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, flag.test(exchange)])) as Flags

/** Admits everybody and grants the flags that apply to them. */
export const flagged: Guard<{ flags: Flags }> = (exchange) => ({ flags: flagsFor(exchange) })
