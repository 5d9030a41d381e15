/** RFC 9110 §7.6.1, and legacy ones: they concern one connection and are never forwarded. */
export const hopByHop: readonly string[] = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Headers the gateway sets itself, or that do not concern a service. */
export const notFromClients: ReadonlySet<string> = new Set([
  ...hopByHop,
  'authorization',
  'client-cert',
  'client-cert-chain',
  'cookie',
  'dpop',
  'expect',
  'forwarded',
  'host',
  'origin',
  'referer',
  'traceparent',
  'tracestate',
  'baggage',
  'x-csrf',
  'x-deadline-ms',
  'x-real-ip',
])

export const internal = /^x-(?:forwarded|original|internal|user|auth|rewrite)(?:-|$)/

/** Names that some upstream may read as another name (`x_user_id`), or that are unsafe as object keys. */
export const disguised = /_|^(?:constructor|prototype)$/

/** About the body of the client's request, or reserved by gRPC. */
const ofBodies = /^(?:content-|grpc-|if-|accept-encoding$|range$)|-bin$/

/** Whether a screen's calls may carry a client's header of this name. */
export const mayTravel = (name: string): boolean =>
  /^[a-z][a-z0-9-]*$/.test(name) && !notFromClients.has(name) && !internal.test(name) && !ofBodies.test(name)
