export interface Reply {
  readonly status: number
  readonly type: string | null
  // Each test checks the body.
  readonly body: Readonly<Record<string, unknown>>
}

interface Sent {
  readonly body?: unknown
  readonly key?: string
}

export type Client = (operation: `${string} /${string}`, sent?: Sent) => Promise<Reply>

/** Calls orders as the holder of a token. */
export const client =
  (url: string, token: string): Client =>
  async (operation, { body, key } = {}) => {
    const [method = '', path = ''] = operation.split(' ')
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      body: (await answer.json()) as Reply['body'],
    }
  }
