import { IncomingMessage, type ServerResponse } from 'node:http'

/** Whether its client waits for a word before it sends the body (RFC 9110 §10.1.1). */
export const waits = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean => headers.expect !== undefined

/** What a stream calls when somebody wants of it what it does not have yet. */
const read = '_read'

/**
 * Send the 100 that a client waits for when somebody begins to read the body, then call `begun`. Whoever refuses the request
 * before reads nothing, so that the client is spared the upload.
 */
export function continueWhenRead(req: IncomingMessage, res: ServerResponse, begun: () => void): void {
  const asked: { [read]?: IncomingMessage[typeof read] } = req
  asked[read] = (size) => {
    // Back to the method of the class.
    delete asked[read]
    // Once there is an answer, node reads what is left of a body, only to throw it away.
    if (!res.headersSent && !res.destroyed) res.writeContinue()
    begun()
    IncomingMessage.prototype[read].call(req, size)
  }
}
