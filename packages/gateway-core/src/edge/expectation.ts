import { IncomingMessage, type ServerResponse } from 'node:http'

/** Whether the client waits for a 100 before it sends the body (RFC 9110 §10.1.1). */
export const waits = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean => headers.expect !== undefined

/** The method a stream calls when it needs more data. */
const read = '_read'

/**
 * Sends 100 Continue once something reads the body, then calls `begun`. Handlers that refuse the request earlier read
 * nothing, which spares the client the upload.
 */
export function continueWhenRead(req: IncomingMessage, res: ServerResponse, begun: () => void): void {
  const asked: { [read]?: IncomingMessage[typeof read] } = req
  asked[read] = (size) => {
    // Restores the class's method.
    delete asked[read]
    // After the response, node reads the rest of the body only to discard it.
    if (!res.headersSent && !res.destroyed) res.writeContinue()
    begun()
    IncomingMessage.prototype[read].call(req, size)
  }
}
