/** What the services of an estate share with the gateways before them: a socket, a log line, one kind of error. */
export { accessLog } from './edge/access-log.ts'
export { notFound, problems, sendProblem } from './edge/problems.ts'
export { listening } from './edge/listening.ts'
export type { Listening } from './edge/listening.ts'
export { refuse } from './edge/refuse.ts'
export { serve } from './edge/serve.ts'
export { traceIdOf, traceparent } from './trace.ts'
export type { ServeOptions } from './edge/serve.ts'
