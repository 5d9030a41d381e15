// node cannon.ts <url> <connections> <seconds> <headers as JSON>: prints the same as wrk.lua, using autocannon.
import autocannon from 'autocannon'

const [url, connections, seconds, headers] = process.argv.slice(2)
const { requests, throughput, latency, duration, non2xx, errors, timeouts } = await autocannon({
  url: url!,
  connections: Number(connections),
  duration: Number(seconds),
  headers: JSON.parse(headers!) as Record<string, string>,
})
console.log(
  JSON.stringify({
    requests: requests.total,
    bytes: throughput.total,
    micros: duration * 1_000_000,
    p50: latency.p50 * 1_000,
    p99: latency.p99 * 1_000,
    refused: non2xx,
    failed: errors + timeouts,
  }),
)
