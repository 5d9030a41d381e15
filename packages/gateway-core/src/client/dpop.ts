/** What a proof says (RFC 9449 §4.2), beside an id of its own and the time; `ath` is the SHA-256 of the token in base64url. */
export interface Proof {
  readonly method: string
  /** Without query and fragment. */
  readonly url: string
  readonly accessToken: string
  /** Of the server. Absent until it has given one. */
  readonly nonce?: string | undefined
}

/**
 * A `fetch` for tokens that are bound to a key of this device: `createClient({ fetch: dpop(sign), as: bearer(…) })`. What
 * carries a bearer token is sent with a proof instead, a new one each time; once more where the server asks for its nonce, for
 * then nothing was done. `sign` makes the proof with the key; addresses must be absolute.
 */
export function dpop(sign: (proof: Proof) => Promise<string>, fetch = globalThis.fetch): typeof globalThis.fetch {
  let nonce: string | undefined
  return async (input, init) => {
    const request = new Request(input, init)
    const [, accessToken] = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '') ?? []
    if (accessToken === undefined) return fetch(request)
    const [url = ''] = request.url.split(/[?#]/)
    const send = async (own: Request): Promise<Response> => {
      own.headers.set('authorization', `DPoP ${accessToken}`)
      own.headers.set('dpop', await sign({ method: own.method, url, accessToken, nonce }))
      const response = await fetch(own)
      nonce = response.headers.get('dpop-nonce') ?? nonce
      return response
    }
    const response = await send(request.clone())
    const asked =
      response.status === 401 && response.headers.get('www-authenticate')?.includes('use_dpop_nonce') === true
    if (!asked) return response
    await response.body?.cancel()
    return send(request)
  }
}
