/** Where a problem may occur: as declared by the contract, or as the request alone determines. */
export type Where =
  /** Any request, before an operation is reached. */
  | 'edge'
  /** Any operation. */
  | 'operation'
  /** Operations that call services. */
  | 'screen'
  /** Operations with a body, without one, with any validated input. */
  | 'body'
  | 'no-body'
  | 'input'
  /** Reads whose response has an ETag. */
  | 'tagged'
  /** Operations that require authentication: of any kind, by cookie, by bearer token. */
  | 'user'
  | 'session'
  | 'bearer'
  /** Operations that accept tokens bound to a sender's key. */
  | 'proof'
  /** Unsafe methods with cookie authentication, and the session's own routes. */
  | 'csrf'
  /** Operations with a sunset date. */
  | 'sunset'
  /** Operations of a client with a minimum version. */
  | 'version'
  /** Parts of a batch. */
  | 'batch'
  /** WebSocket upgrades. */
  | 'upgrade'
  /** Messages over a socket that the BFF terminates. */
  | 'socket'
  /** Streaming operations. */
  | 'stream'
  /** The redirects of a login. */
  | 'login'
  /** Operations whose guards require it; their contracts declare it. */
  | 'declared'
  /** Endpoints that the identity provider calls. */
  | 'backchannel'
  /** A gRPC service's own answer; passed on only if a contract declares it. */
  | 'service'

export interface ProblemType<W extends Where = Where> {
  readonly statuses: readonly number[]
  /** One sentence for people. */
  readonly meaning: string
  /** Whether the same request may succeed later; after `Retry-After` if present. */
  readonly again: boolean
  readonly where: readonly W[]
}

const type = <W extends Where>(
  status: number | readonly number[],
  where: W | readonly W[],
  meaning: string,
  again = false,
): ProblemType<W> => ({
  statuses: typeof status === 'number' ? [status] : status,
  meaning,
  again,
  where: typeof where === 'string' ? [where] : where,
})

const types = {
  'malformed-request': type(
    400,
    'edge',
    'The request could not be parsed: its framing or one of its lines is invalid.',
  ),
  'malformed-header': type(400, 'edge', 'A header is ambiguous, or contains characters that are not allowed.'),
  'repeated-header': type(400, 'edge', 'A header that may be sent only once was sent more than once.'),
  'malformed-host': type(400, 'edge', 'The Host header is missing or is not a valid host name.'),
  'invalid-path': type(400, 'edge', 'The path can be read in more than one way.'),
  'unexpected-body': type(400, 'no-body', 'A body was sent to an operation that takes none.'),
  'invalid-json': type(400, 'body', 'The body is not JSON in UTF-8, or is nested too deeply.'),
  'route-not-found': type(404, 'edge', 'There is nothing at this path.'),
  'method-not-allowed': type(
    405,
    'edge',
    'The path exists but does not offer this method; `Allow` lists those it does.',
  ),
  'request-timeout': type(408, 'edge', 'The request took too long to arrive.', true),
  'precondition-failed': type(412, 'tagged', 'The resource does not match `If-Match` or `If-Unmodified-Since`.'),
  'content-too-large': type(413, 'body', 'The body is larger than the limit.'),
  'target-too-long': type(414, 'edge', 'Path and query are longer than the limit.'),
  'unsupported-media-type': type(415, 'body', 'The body is not declared as JSON in UTF-8, or is compressed.'),
  'expectation-failed': type(417, 'edge', '`Expect` is something other than 100-continue.'),
  misdirected: type(421, 'edge', 'This server does not serve the requested host.'),
  validation: type(
    422,
    ['input', 'service'],
    'The request does not match the contract; `errors` has a pointer for each fault.',
  ),
  'rate-limited': type(429, 'operation', 'Too many requests; `Retry-After` says how long to wait.', true),
  'headers-too-large': type(431, 'edge', 'There are too many headers, or they are too large.'),
  'internal-error': type(500, 'operation', 'A fault on our side; the log has the reason under the `traceId`.'),
  'method-unknown': type(501, 'edge', 'The method does not belong to HTTP as it is served here.'),
  'transfer-coding-unknown': type(501, 'edge', 'The only Transfer-Encoding supported is chunked.'),
  'upstream-failed': type(502, 'screen', 'A service that this needs could not answer; `source` names it.', true),
  'upstream-unavailable': type(
    503,
    'screen',
    'A service that this needs is overloaded or down; `source` names it.',
    true,
  ),
  'upstream-exhausted': type(503, 'screen', 'A service that this needs has used up a quota; `source` names it.', true),
  'limit-unavailable': type(
    503,
    'operation',
    'Requests cannot be counted at present, and none passes uncounted.',
    true,
  ),
  'store-unavailable': type(503, 'session', 'Sessions and other shared state cannot be looked up at present.', true),
  'upstream-timeout': type(504, 'screen', 'A service that this needs did not answer in time; `source` names it.', true),
  'deadline-exceeded': type(504, 'screen', 'The answer could not be put together in time.', true),
  'version-not-supported': type(505, 'edge', 'Only HTTP/1.1 and HTTP/1.0 are supported.'),

  'session-required': type(401, 'session', 'Nobody is signed in; `loginUrl` is where to send the browser.'),
  'session-expired': type(401, 'session', 'The session has ended; `loginUrl` is where to send the browser.'),
  'session-not-found': type(404, [], 'The signed-in user has no session of this name.'),
  'token-missing': type(401, 'bearer', 'The access token is missing.'),
  'token-invalid': type(
    401,
    'bearer',
    'The access token is invalid, expired, or meant for another audience: get a new one.',
  ),
  'proof-required': type(401, 'proof', 'This needs an access token bound to a key, and a DPoP proof of that key.'),
  'proof-invalid': type(401, 'proof', 'The DPoP proof is missing, invalid, or was made for another request.'),
  'proof-nonce': type(401, 'proof', 'The DPoP proof lacks the nonce in `DPoP-Nonce`, or has an old one.', true),
  'csrf-rejected': type(
    403,
    ['session', 'csrf'],
    'The request seems to come from another site, or lacks the header X-CSRF; `signal` says why.',
  ),
  'insufficient-scope': type(403, 'user', 'The signed-in user was not granted the scope that this needs.'),
  'insufficient-user-authentication': type(
    401,
    'declared',
    'This needs a more recent or a stronger sign-in; `loginUrl` or `WWW-Authenticate` says which.',
  ),
  'key-missing': type(401, 'declared', 'The API key is missing.'),
  'key-invalid': type(401, 'declared', 'The API key is unknown, expired, or withdrawn.'),
  'certificate-missing': type(401, 'declared', 'The client certificate is missing.'),
  'certificate-invalid': type(401, 'declared', 'The client certificate is unknown, expired, or withdrawn.'),
  'not-yours': type(403, 'declared', 'It belongs to somebody else.'),
  'revocation-failed': type(503, 'declared', 'It is not certain that every instance knows who was signed out.', true),
  'identity-unavailable': type(503, 'user', 'The identity of the caller cannot be verified at present.', true),
  'invalid-return-url': type(400, 'login', '`returnUrl` is not a path on this site.'),
  'invalid-login-request': type(400, 'login', '`prompt`, `max_age` or `acr` has a value that a login does not take.'),
  'not-a-navigation': type(403, 'login', 'Open the login as a page; it cannot be fetched, framed or prefetched.'),
  'logout-token-invalid': type(400, 'backchannel', 'The logout token is invalid, or was used before.'),
  'login-expired': type(
    400,
    'login',
    'The login was started in another browser, was used before, or took too long: start again.',
  ),
  'login-failed': type(400, 'login', 'The identity provider did not confirm the login: start again.'),
  'login-refused': type(401, 'login', 'The identity provider or the user refused the login.'),

  'app-update-required': type(
    403,
    'version',
    'This version of the app is no longer supported; `storeUrl` is where to get a newer one.',
  ),
  'endpoint-retired': type(410, 'sunset', 'This operation was deprecated and has been retired.'),
  'not-batchable': type(400, 'batch', 'This cannot be part of a batch; call it on its own.'),

  'malformed-upgrade': type(400, 'upgrade', 'The WebSocket handshake is invalid.'),
  forbidden: type(403, ['upgrade', 'service'], 'The service does not allow this to the signed-in user.'),
  'origin-not-allowed': type(403, 'upgrade', 'Pages of this origin may not open a socket here.'),
  'not-found': type(404, ['upgrade', 'service'], 'The service has nothing of that name.'),
  'websocket-version': type(426, 'upgrade', 'The only WebSocket version supported is 13.'),
  'too-many-requests': type(429, 'upgrade', 'The service accepts no more of these at present.', true),
  'too-many-sockets': type(
    [429, 503],
    'upgrade',
    'Too many sockets are open: for this client (429), or in total (503).',
    true,
  ),
  'upgrade-required': type(426, 'upgrade', 'This endpoint accepts WebSocket upgrades only.'),
  'ticket-invalid': type(401, 'upgrade', 'The ticket is unknown, too old, or already used: ask for another.'),
  'message-unknown': type(400, 'socket', 'The kind of this message is unknown.'),
  'too-many-messages': type(429, 'socket', 'This client sends too many messages; the socket closes.', true),
  'too-many-topics': type(429, 'socket', 'This socket already follows as many topics as it may.'),
  'topic-unknown': type(404, 'socket', 'There is no topic of that name.'),
  'auth-pending': type(429, 'socket', 'The previous token is still being verified.', true),
  'wrong-subject': type(
    403,
    'socket',
    'The token belongs to another user than the one who opened the socket; it closes.',
  ),
  idle: type(408, 'socket', 'Nothing is followed and nothing was said for a long time; the socket closes.'),
  'too-many-streams': type(
    [429, 503],
    'stream',
    'Too many streams are open: for this client (429), or in total (503).',
    true,
  ),
  overloaded: type(503, 'edge', 'This instance is overloaded: try again shortly.', true),
  draining: type(503, ['upgrade', 'stream'], 'This instance is about to stop: connect again.', true),
  'upgrade-timeout': type(504, 'upgrade', 'The handshake took too long.', true),

  'invalid-argument': type(400, 'service', 'The service rejects an argument of the request.'),
  conflict: type(409, 'service', 'The request conflicts with the current state.'),
  'failed-precondition': type(409, 'service', 'The request needs something else to be done first.'),
}

/** Every problem of the toolkit itself, by code. Contracts declare further ones. */
export const problemTypes: Readonly<Record<string, ProblemType>> = types

/** Where an operation may answer with a problem that its contract does not declare. */
type Undeclared = Exclude<Where, 'upgrade' | 'socket' | 'login' | 'declared' | 'backchannel' | 'service'>

type Code = keyof typeof types
type WhereOf<C extends Code> = (typeof types)[C]['where'][number]

/** Codes that any operation may answer with undeclared. */
export type UndeclaredCode = { [C in Code]: [Extract<WhereOf<C>, Undeclared>] extends [never] ? never : C }[Code]
