import * as predicates from '../when.ts'
import { conditional } from './conditional.ts'

/**
 * Only when: of a part, `when(condition, () => part)`; of a route, one of the predicates that hang on it, `when.header('x-beta')`.
 */
export const when = Object.assign(conditional, predicates)
