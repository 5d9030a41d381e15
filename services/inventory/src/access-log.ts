import { Code, ConnectError, type Interceptor } from '@connectrpc/connect'
import type { HostOptions } from '@bff/service-kit'

const faulty: readonly Code[] = [Code.Unknown, Code.Internal, Code.DataLoss]

export const accessLog =
  (log: HostOptions['log']): Interceptor =>
  (next) =>
  async (request) => {
    const start = performance.now()
    const line = (status: string) => ({
      traceId: request.header.get('traceparent')?.split('-')[1],
      method: request.method.name,
      status,
      ms: Math.round(performance.now() - start),
    })
    try {
      const response = await next(request)
      log.info(line('OK'), 'call')
      return response
    } catch (error) {
      const { code } = ConnectError.from(error, Code.Internal)
      if (faulty.includes(code)) log.error({ ...line(Code[code]), err: error }, 'call')
      else log.info(line(Code[code]), 'call')
      throw error
    }
  }
