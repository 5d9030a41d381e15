import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { apart } from './cores.ts'
import { connections } from './fire.ts'
import { programs, version } from './installed.ts'
import { rounds } from './measure.ts'

/** The text of docs/benchmarks.md. */
export async function document(seconds: number, sections: readonly string[], before: string): Promise<string> {
  // Measured separately, by `npm run soak`.
  const kept = before.match(/^## (?:Idle clients|Rolling restart)\n[^]*?(?=\n+## )/gm) ?? []
  return `# Benchmarks

\`npm run bench\` measures everything below in one run. Compare ratios, not absolute numbers: each ratio is taken within a round,
against the floor of that round. A number is the median of ${rounds} rounds, with the minimum and maximum in parentheses.

![CPU per request](benchmarks.svg)

${[...sections, ...kept].join('\n\n')}

## How

- Each subject is a separate process${apart ? ' on its own core; load and upstreams share another core' : ''}.
- ${programs.wrk === undefined ? 'autocannon' : 'wrk'}, ${connections} connections, responses of about 1 KB, ${seconds} s a round after 14 s of
  warm-up (1 s for native programs); ${rounds} alternating rounds.
- CPU is the user and system time of the subject and all its workers. If a subject costs less CPU than the load generator, its
  req/s are limited by the generator.
- "Policies only" is a forward or screen with an open guard and no log. "Everything on" adds what an app has: a verified
  bearer token, the access log and the rest of the list in \`bench/src/subjects/ours.ts\`.
- Guards are called as functions, in a separate process, alternating with one that admits everybody; the "guard" column is what
  they cost beyond that one. Each call has its own header string, as each request does: a repeated string is found faster.
- A socket's memory is the growth of the process, garbage included, 2 s after the last socket opened; each belongs to a
  different user.
- nginx and HAProxy: one worker, keep-alive connections on both sides, no log.
- A wrong status, length or body aborts the run.
- \`npm run bench 2 screen\` measures one group (\`forward\`, \`screen\`, \`routes\`, \`streams\`, \`guards\`, \`sockets\`), 2 s a round, and only prints the result.
  \`npm run profile -w bench ours\` shows where one subject spends its CPU time.

${await machine()}
`
}

async function machine(): Promise<string> {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  const libraries = ['undici', 'express', 'http-proxy-middleware', 'fastify', '@fastify/http-proxy', 'axios']
  const versions = [
    `Node ${process.versions.node}`,
    ...libraries.map((name) => `${name} ${manifest.dependencies[name]}`),
    ...(['nginx', 'haproxy', 'wrk'] as const).flatMap((name) => {
      const found = version(name)
      return found === undefined ? [] : [`${name} ${found}`]
    }),
  ]
  const at = commit()
  return `Machine: ${cpus().length} × ${cpus()[0]!.model.trim()}. ${versions.join(', ')}.${at === undefined ? '' : ` Commit ${at}.`}`
}

function commit(): string | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const changed =
      git('status', '--porcelain', '--untracked-files=no', '--', ':/packages', ':/bench/src').trim() !== ''
    return git('rev-parse', '--short', 'HEAD').trim() + (changed ? ' with changes' : '')
  } catch {
    return undefined
  }
}
