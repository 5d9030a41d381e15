import * as predicates from '../when.ts'
import { conditional } from './conditional.ts'

/** For a part, `when(condition, () => part)`; for a route, the predicates attached to it, `when.header('x-beta')`. */
export const when = Object.assign(conditional, predicates)
