import { IncomingMessage, type RequestListener, type ServerOptions, ServerResponse } from 'node:http'
import type { Express } from 'express'

/**
 * Options for a server in front of an Express app: it makes both objects of a request as the app wants them. Else the app
 * changes their prototypes each time, which costs more than all of its routing. For what is no Express app there are none.
 */
export function messagesOf(
  handler: RequestListener | Express,
): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  if (!('request' in handler)) return {}
  class Request extends IncomingMessage {}
  class Response<R extends IncomingMessage> extends ServerResponse<R> {
    /** Also of an answer that the server gives itself. Without a prototype it would be a hash table, four times as large. */
    locals: object = {}
  }
  handler.request = Object.setPrototypeOf(Request.prototype, handler.request)
  handler.response = Object.setPrototypeOf(Response.prototype, handler.response)
  return { IncomingMessage: Request, ServerResponse: Response }
}
