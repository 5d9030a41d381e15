export interface Row {
  readonly what: string
  readonly clients: number
  /** Connections to the service. */
  readonly upstream: number
  /** Bytes of RSS without clients, with half of them, and with all. */
  readonly before: number
  readonly halfway: number
  readonly after: number
}

/** Bytes of RSS that an idle client may have. */
const budget = 20 * 1_024

const title = '## Idle clients'

/** Of docs/benchmarks.md. */
export function section(rows: readonly Row[]): string {
  const lines = rows.map(({ what, clients, upstream, before, halfway, after }) => {
    const each = (after - halfway) / Math.ceil(clients / 2)
    return `| ${[
      what,
      clients,
      upstream,
      `${mib(before)} MiB`,
      `${mib(halfway)} MiB`,
      `${mib(after)} MiB`,
      `${(each / 1_024).toFixed(1)} KiB`,
      each <= budget ? '≤ 20 KiB met' : '≤ 20 KiB **missed**',
    ].join(' | ')} |`
  })
  return `${title}

\`npm run soak\`: clients of \`GET /api/orders/:id/events\` (SSE) that receive only a heartbeat every ten seconds, in one BFF process. The
memory of each is what the second half of them added: this excludes what a busy process allocates once, about 100 MiB of it for
young objects.

| clients | count | upstream WebSockets | RSS before | with half | with all | of each | budget |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}
`
}

const mib = (bytes: number): string => (bytes / 1_048_576).toFixed(0)

/** The page with this section in place of the one it had, or before how all of it was measured. */
export function replaced(page: string, text: string): string {
  const at = page.indexOf(`${title}\n`)
  const before = at < 0 ? page.indexOf('## How\n') : at
  const after = at < 0 ? before : page.indexOf('\n## ', at + 1) + 1
  return `${page.slice(0, before)}${text}\n${page.slice(after)}`
}
