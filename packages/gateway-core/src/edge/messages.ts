import { IncomingMessage, type RequestListener, type ServerOptions, ServerResponse } from 'node:http'
import type { Express } from 'express'

/**
 * Server options that create the request and response objects an Express app wants. Otherwise the app changes their
 * prototypes on each request, which costs more than all of its routing. Empty for any other handler.
 */
export function messagesOf(
  handler: RequestListener | Express,
): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  if (!('request' in handler)) return {}
  class Request extends IncomingMessage {}
  class Response<R extends IncomingMessage> extends ServerResponse<R> {
    /** Also on responses the server gives itself. Without a prototype it would be a hash table, four times as large. */
    locals: object = {}
  }
  handler.request = Object.setPrototypeOf(Request.prototype, handler.request)
  handler.response = Object.setPrototypeOf(Response.prototype, handler.response)
  return { IncomingMessage: Request, ServerResponse: Response }
}
