/** What the services of an estate share with the gateways before them: a socket, a log line, one kind of error. */
export { accessLog } from './edge/access-log.ts'
export { notFound, problems, sendProblem } from './edge/problems.ts'
export { listen, serve } from './edge/serve.ts'
export { traceIdOf, traceparent } from './trace.ts'
export type { Listening, ServeOptions } from './edge/serve.ts'
