/** What has to be so for an operation to answer with a problem: its contract says it, or nothing but the request does. */
export type Where =
  /** Any request, before an operation is reached. */
  | 'edge'
  /** Any operation. */
  | 'operation'
  /** Operations that ask services. */
  | 'screen'
  /** Operations with a body, with none, with anything that is validated. */
  | 'body'
  | 'no-body'
  | 'input'
  /** Reads whose answer has an ETag. */
  | 'tagged'
  /** Operations for somebody who has signed in: at all, by cookie, by bearer token. */
  | 'user'
  | 'session'
  | 'bearer'
  /** Operations where a token may be bound to a key of its sender. */
  | 'proof'
  /** Unsafe methods where a cookie proves who calls, and the routes of its session. */
  | 'csrf'
  /** Operations that say until when they answer. */
  | 'sunset'
  /** Operations of a client whose versions have a floor. */
  | 'version'
  /** Parts of a batch. */
  | 'batch'
  /** WebSocket upgrades. */
  | 'upgrade'
  /** Messages over a socket that ends here. */
  | 'socket'
  /** Operations that answer many times. */
  | 'stream'
  /** The redirects of a login. */
  | 'login'
  /** Operations whose guards ask for it: their contracts declare it. */
  | 'declared'
  /** What the identity provider itself calls. */
  | 'backchannel'
  /** A gRPC service's own answer: it leaves only where a contract declares it. */
  | 'service'

export interface ProblemType {
  readonly statuses: readonly number[]
  /** One sentence for people. */
  readonly meaning: string
  /** Whether the same request, sent again later, may succeed; after `Retry-After` where there is one. */
  readonly again: boolean
  readonly where: readonly Where[]
}

const type = (status: number | readonly number[], where: Where | readonly Where[], meaning: string, again = false) => ({
  statuses: typeof status === 'number' ? [status] : status,
  meaning,
  again,
  where: typeof where === 'string' ? [where] : where,
})

/** Every problem that the toolkit itself answers with, by code. Contracts declare further ones. */
export const problemTypes: Readonly<Record<string, ProblemType>> = {
  'malformed-request': type(400, 'edge', 'The request could not be read: its framing or a line of it is wrong.'),
  'malformed-header': type(400, 'edge', 'A header can be read in more than one way, or holds what it may not.'),
  'repeated-header': type(400, 'edge', 'A header that may be sent once was sent twice.'),
  'malformed-host': type(400, 'edge', 'There is no Host, or it is not the name of one.'),
  'invalid-path': type(400, 'edge', 'The path can be read in more than one way.'),
  'unexpected-body': type(400, 'no-body', 'A body was sent where none is taken.'),
  'invalid-json': type(400, 'body', 'The body is not JSON in UTF-8, or is nested too deeply.'),
  'route-not-found': type(404, 'edge', 'Nothing answers at this path.'),
  'method-not-allowed': type(
    405,
    'edge',
    'The path is known, the method is not offered there; `Allow` says which are.',
  ),
  'request-timeout': type(408, 'edge', 'The request came too slowly.', true),
  'precondition-failed': type(
    412,
    'tagged',
    'The answer is not the one that `If-Match` or `If-Unmodified-Since` asks for.',
  ),
  'content-too-large': type(413, 'body', 'The body is larger than what is taken.'),
  'target-too-long': type(414, 'edge', 'The path and query are longer than what is taken.'),
  'unsupported-media-type': type(415, 'body', 'The body is not declared as JSON in UTF-8, or is compressed.'),
  'expectation-failed': type(417, 'edge', '`Expect` is something other than 100-continue.'),
  misdirected: type(421, 'edge', 'The host of the request is not served here.'),
  validation: type(
    422,
    ['input', 'service'],
    'The request was understood and is not what the contract says; `errors` has a pointer for each fault.',
  ),
  'rate-limited': type(429, 'operation', 'Too many requests; `Retry-After` says for how long to wait.', true),
  'headers-too-large': type(431, 'edge', 'The headers are more or larger than what is taken.'),
  'internal-error': type(500, 'operation', 'A fault of ours; the log has the reason under the `traceId`.'),
  'method-unknown': type(501, 'edge', 'The method belongs to another protocol.'),
  'transfer-coding-unknown': type(501, 'edge', 'The only Transfer-Encoding is chunked.'),
  'upstream-failed': type(502, 'screen', 'A service that this needs could not answer; `source` names it.', true),
  'upstream-unavailable': type(
    503,
    'screen',
    'A service that this needs is overloaded or down; `source` names it.',
    true,
  ),
  'upstream-exhausted': type(
    503,
    'screen',
    'A service that this needs has used up what it may; `source` names it.',
    true,
  ),
  'limit-unavailable': type(
    503,
    'operation',
    'Requests cannot be counted at present, and none passes uncounted.',
    true,
  ),
  'store-unavailable': type(
    503,
    'session',
    'What is kept between requests, such as who has signed in, cannot be looked up at present.',
    true,
  ),
  'upstream-timeout': type(504, 'screen', 'A service that this needs did not answer in time; `source` names it.', true),
  'deadline-exceeded': type(504, 'screen', 'The answer could not be put together in time.', true),
  'version-not-supported': type(505, 'edge', 'The request speaks neither HTTP/1.1 nor HTTP/1.0.'),

  'session-required': type(401, 'session', 'Nobody is signed in; `loginUrl` is where to send the browser.'),
  'session-expired': type(401, 'session', 'The session has ended; `loginUrl` is where to send the browser.'),
  'session-not-found': type(404, [], 'None of the sessions of whoever is signed in has this name.'),
  'token-missing': type(401, 'bearer', 'There is no access token.'),
  'token-invalid': type(401, 'bearer', 'The access token is not one, is not for this, or has expired: get a new one.'),
  'proof-required': type(401, 'proof', 'This takes an access token that is bound to a key, and a proof of that key.'),
  'proof-invalid': type(
    401,
    'proof',
    'The proof of the key that the access token is bound to is none, or not for this.',
  ),
  'proof-nonce': type(401, 'proof', 'The proof lacks the nonce that `DPoP-Nonce` names, or has an old one.', true),
  'csrf-rejected': type(
    403,
    ['session', 'csrf'],
    'The request seems to come from another site, or lacks the header X-CSRF; `signal` says which spoke against it.',
  ),
  'insufficient-scope': type(403, 'user', 'Whoever is signed in was not granted what this needs.'),
  'insufficient-user-authentication': type(
    401,
    'declared',
    'This needs a fresher or a stronger proof of who it is; `loginUrl`, or `WWW-Authenticate`, says which.',
  ),
  'key-missing': type(401, 'declared', 'There is no API key.'),
  'key-invalid': type(401, 'declared', 'The API key is not one, has expired, or was withdrawn.'),
  'certificate-missing': type(401, 'declared', 'There is no client certificate.'),
  'certificate-invalid': type(
    401,
    'declared',
    'The client certificate is not known here, has expired, or was withdrawn.',
  ),
  'not-yours': type(403, 'declared', 'It belongs to somebody else.'),
  'revocation-failed': type(503, 'declared', 'It is not certain that all instances know who was signed out.', true),
  'identity-unavailable': type(503, 'user', 'Who is calling cannot be found out at present.', true),
  'invalid-return-url': type(400, 'login', '`returnUrl` is not a path on this site.'),
  'invalid-login-request': type(400, 'login', '`prompt`, `max_age` or `acr` is not one that a login can have.'),
  'not-a-navigation': type(
    403,
    'login',
    'A login is gone to in a tab, not loaded by a script, a frame or ahead of time.',
  ),
  'logout-token-invalid': type(
    400,
    'backchannel',
    'What the identity provider is said to have sent is no logout token, or was used before.',
  ),
  'login-expired': type(
    400,
    'login',
    'The login was not begun in this browser, was used before, or took too long: start again.',
  ),
  'login-failed': type(400, 'login', 'The identity provider did not say who it is: start again.'),
  'login-refused': type(401, 'login', 'The identity provider or the person refused the login.'),

  'app-update-required': type(
    403,
    'version',
    'This version of the app is too old to go on; `storeUrl` is where to get a newer one.',
  ),
  'endpoint-retired': type(410, 'sunset', 'This was deprecated, and its time has come.'),
  'not-batchable': type(400, 'batch', 'This answers on a connection of its own only, not as a part of a batch.'),

  'malformed-upgrade': type(400, 'upgrade', 'The handshake is not that of a WebSocket.'),
  forbidden: type(403, ['upgrade', 'service'], 'The service does not allow this to whoever is signed in.'),
  'origin-not-allowed': type(403, 'upgrade', 'Pages of this site may not open a socket here.'),
  'not-found': type(404, ['upgrade', 'service'], 'The service has nothing of that name.'),
  'websocket-version': type(426, 'upgrade', 'The only version of WebSocket here is 13.'),
  'too-many-requests': type(429, 'upgrade', 'The service takes no more of these at present.', true),
  'too-many-sockets': type(
    [429, 503],
    'upgrade',
    'This client (429), or everybody together (503), has too many sockets open.',
    true,
  ),
  'upgrade-required': type(426, 'upgrade', 'Here is nothing but a WebSocket.'),
  'ticket-invalid': type(401, 'upgrade', 'The ticket is not known, too old, or used already: ask for another.'),
  'message-unknown': type(400, 'socket', 'A message of no kind that is known here.'),
  'too-many-messages': type(429, 'socket', 'This client says more than it may; the socket closes.', true),
  'too-many-topics': type(429, 'socket', 'This socket follows as many topics as it may.'),
  'topic-unknown': type(404, 'socket', 'There is nothing of that name to follow.'),
  'auth-pending': type(429, 'socket', 'The token before this one is still being looked at.', true),
  'wrong-subject': type(403, 'socket', 'The token proves another person than the socket was opened by; it closes.'),
  idle: type(408, 'socket', 'Nothing is followed and nothing was said for long; the socket closes.'),
  'too-many-streams': type(
    [429, 503],
    'stream',
    'This client (429), or everybody together (503), has too many streams open.',
    true,
  ),
  draining: type(503, ['upgrade', 'stream'], 'This instance is about to stop: connect again.', true),
  'upgrade-timeout': type(504, 'upgrade', 'The handshake took too long.', true),

  'invalid-argument': type(400, 'service', 'The service cannot make sense of what was asked.'),
  conflict: type(409, 'service', 'What was asked contradicts what is there by now.'),
  'failed-precondition': type(409, 'service', 'What was asked needs something to be done first.'),
}
