import type { Contract, Declared, Lesser, ToldParts } from '../contract.ts'
import type { MarkErrors, MarkUndone, MarkWrites, StatusOf } from './mark.ts'

/**
 * `R` if the parts match the contract; otherwise an error sentence that no list of routes accepts. (As a constraint on
 * `P` the checks would spoil inference: every part would become `unknown`.)
 */
export type Fitting<C extends Contract, K extends keyof C, P, R> = [Undeclared<C, K, P>] extends [never]
  ? P extends Told<C, K, P>
    ? IsMany<WritesIn<P>> extends true
      ? Misfit<'this screen writes more than once: all but one of its writes must be compensated'>
      : R
    : Misfit<'the optional and stale parts of this screen are not those of its contract'>
  : Misfit<`this screen may answer ${Undeclared<C, K, P>}, which its contract does not declare`>

export interface Misfit<Why extends string> {
  readonly why: Why
}

type Told<C extends Contract, K extends keyof C, P> = {
  readonly [N in ToldParts<C, K> | keyof P]: N extends keyof P
    ? [StatusOf<P[N]>, Lesser<C, K, N>] extends [Lesser<C, K, N>, StatusOf<P[N]>]
      ? unknown
      : never
    : unknown
}

type Undeclared<C extends Contract, K extends keyof C, P> = Exclude<
  { [N in keyof P]: MarkErrors<P[N]> }[keyof P],
  Declared<C, K>
>

type WritesIn<P> = Exclude<{ [N in keyof P]: MarkWrites<P[N]> }[keyof P], { [N in keyof P]: MarkUndone<P[N]> }[keyof P]>

type IsMany<U> = [U] extends [never] ? false : [U] extends [Both<U>] ? false : true
type Both<U> = (U extends unknown ? (one: U) => void : never) extends (both: infer I) => void ? I : never
