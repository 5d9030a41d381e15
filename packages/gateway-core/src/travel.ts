/** RFC 9110 §7.6.1, and their ancestors: they speak about one connection, so they never cross it. */
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

/** Ours to say, or not a service's business. */
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

/** Names that some upstream would read as another name (`x_user_id`), or that are no names for a plain object. */
export const disguised = /_|^(?:constructor|prototype)$/

/** About the body of the request that came, or of gRPC's own. */
const ofBodies = /^(?:content-|grpc-|if-|accept-encoding$|range$)|-bin$/

/** Whether a screen's calls may take a client's header of this name along. */
export const mayTravel = (name: string): boolean =>
  /^[a-z][a-z0-9-]*$/.test(name) && !notFromClients.has(name) && !internal.test(name) && !ofBodies.test(name)
