export { pipe } from './road/call.ts'
export type { Call, Filter, Headers, Reply, Service } from './road/call.ts'
export { Fault } from './road/fault.ts'
