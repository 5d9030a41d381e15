import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { promises } from 'node:dns'

export type Record =
  | { readonly type: 'A' | 'AAAA'; readonly address: string; readonly ttl?: number }
  | {
      readonly type: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }

/** What a name is answered with: records, or what goes wrong. `silence` sends nothing. */
export type Zone = { [name: string]: readonly Record[] | 'NXDOMAIN' | 'SERVFAIL' | 'silence' }

export interface NameServer extends AsyncDisposable {
  /** May be changed while it runs. A name that is not there is NXDOMAIN. */
  readonly zone: Zone
  /** Every question so far: `A catalog.test`. */
  readonly asked: readonly string[]
  /** Most questions that waited for their answer at the same time. */
  readonly busiest: number
  /** A client of this server alone, with one short try for each question. */
  client(): promises.Resolver
}

const types = { 1: 'A', 28: 'AAAA', 33: 'SRV' } as const
const codes = { NXDOMAIN: 3, SERVFAIL: 2 } as const

/** A name server on a free UDP port of this machine (RFC 1035), that answers after `delay` ms. */
export async function nameServer(zone: Zone, delay = 0): Promise<NameServer> {
  const asked: string[] = []
  let waiting = 0
  let busiest = 0
  let over = false
  const socket = createSocket('udp4', (query, from) => {
    busiest = Math.max(busiest, ++waiting)
    setTimeout(() => {
      waiting--
      if (!over) answer(query, from)
    }, delay)
  })
  function answer(query: Buffer, from: RemoteInfo): void {
    const { name, end } = nameIn(query)
    const type = types[query.readUInt16BE(end) as keyof typeof types]
    asked.push(`${type} ${name}`)
    const given = zone[name] ?? 'NXDOMAIN'
    if (given === 'silence') return
    const records = typeof given === 'string' ? [] : given.filter((record) => record.type === type)
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8180 | (typeof given === 'string' ? codes[given] : 0), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(records.length, 6)
    socket.send(Buffer.concat([header, query.subarray(12, end + 4), ...records.map(encode)]), from.port, from.address)
  }
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    zone,
    asked,
    get busiest() {
      return busiest
    },
    client() {
      const client = new promises.Resolver({ timeout: 250, tries: 1 })
      client.setServers([`127.0.0.1:${socket.address().port}`])
      return client
    },
    async [Symbol.asyncDispose]() {
      over = true
      await new Promise<void>((resolve) => void socket.close(resolve))
    },
  }
}

function nameIn(query: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function encode(record: Record): Buffer {
  const data = dataOf(record)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0)
  head.writeUInt16BE(Number(Object.entries(types).find(([, type]) => type === record.type)![0]), 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(record.type === 'SRV' ? 30 : (record.ttl ?? 30), 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function dataOf(record: Record): Buffer {
  if (record.type !== 'SRV')
    return record.type === 'A' ? Buffer.from(record.address.split('.').map(Number)) : groups(record.address)
  const numbers = Buffer.alloc(6)
  numbers.writeUInt16BE(record.priority, 0)
  numbers.writeUInt16BE(record.weight, 2)
  numbers.writeUInt16BE(record.port, 4)
  const labels = record.target.split('.').filter((label) => label !== '')
  const name = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)])
  return Buffer.concat([numbers, ...name, Buffer.from([0])])
}

function groups(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::')
  const [before, after] = [head, tail].map((side) => side.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: 8 - before!.length - after!.length }, () => '0')
  return Buffer.concat(
    [...before!, ...zeros, ...after!].map((group) => {
      const two = Buffer.alloc(2)
      two.writeUInt16BE(Number.parseInt(group, 16))
      return two
    }),
  )
}
