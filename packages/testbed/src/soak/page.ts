import type { Answers, Followed, Report } from '../restart/report.ts'
import type { Row } from './weigh.ts'

/** Bytes of RSS that an idle client may have. */
const budget = 20 * 1_024

/** Sections of docs/benchmarks.md. */
export function idleClients(rows: readonly Row[]): string {
  const lines = rows.map(({ what, clients, upstream, before, halfway, after }) => {
    const each = (after - halfway) / Math.ceil(clients / 2)
    return row([
      what,
      clients,
      upstream,
      `${mib(before)} MiB`,
      `${mib(halfway)} MiB`,
      `${mib(after)} MiB`,
      `${(each / 1_024).toFixed(1)} KiB`,
      each <= budget ? '≤ 20 KiB met' : '≤ 20 KiB **missed**',
    ])
  })
  return `## Idle clients

\`npm run soak\`: clients of \`GET /api/orders/:id/events\` (SSE) that receive only a heartbeat every ten seconds, and of \`/m/v1/live\`
(WebSocket) that receive only a ping, each kind in one BFF process. The memory of each is what the second half of them added: this excludes
what a busy process allocates once. The measured process collects its whole heap every three seconds, so that what is measured is what a
client keeps.

| clients | count | upstream WebSockets | RSS before | with half | with all | of each | budget |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}
`
}

export function restart({ requests, writes, streams, sockets }: Report): string {
  const answers = (what: string, { asked, answered, lost, repeats }: Answers) =>
    row([what, asked, answered, lost.length, '', '', repeats])
  const followed = (what: string, { asked, resumed, lost, cut, gaps, repeats }: Followed) =>
    row([what, asked, resumed, lost, cut, gaps, repeats])
  return `## Rolling restart

\`npm run soak\`: two processes of each BFF behind a balancer are stopped and started again, one after the other, half of the requests
under way each time. Every stream and socket follows an order to which something happens every second, and is compared, by \`rev\`, with
what happened; requests are compared with what reached the service.

| under way | asked | answered, or resumed | lost | cut without a word | events missed | sent or told again |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${[
  answers('downloads through web-bff', requests),
  answers('orders by mobile-bff', writes),
  followed('event streams of web-bff', streams),
  followed('WebSockets of mobile-bff', sockets),
].join('\n')}
`
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

const mib = (bytes: number): string => (bytes / 1_048_576).toFixed(0)

/** The page with this section in place of the one of its title, or before how all of it was measured. */
export function replaced(page: string, section: string): string {
  const title = section.slice(0, section.indexOf('\n') + 1)
  const at = page.indexOf(title)
  const before = at < 0 ? page.indexOf('## How\n') : at
  const after = at < 0 ? before : page.indexOf('\n## ', at + 1) + 1
  return `${page.slice(0, before)}${section}\n${page.slice(after)}`
}
