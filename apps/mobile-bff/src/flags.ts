import { type Exchange, type Guard, when } from '@bff/gateway-core'

/** What is switched on, and for whom. An app that does not know a flag ignores it; one that misses it takes it for off. */
const flags = {
  sizedImages: when.appVersion('>=1.0'),
  orderAgain: when.weight(0.1, undefined, 'orderAgain'),
}

export type Flags = Readonly<Record<keyof typeof flags, boolean>>

const flagsFor = (exchange: Exchange): Flags =>
  Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, flag.test(exchange)])) as Flags

/** Anybody, with the flags that are theirs. */
export const flagged: Guard<{ flags: Flags }> = (exchange) => ({ flags: flagsFor(exchange) })
