import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { apart } from './cores.ts'
import { connections } from './fire.ts'
import { programs, version } from './installed.ts'
import { rounds } from './measure.ts'

/** docs/benchmarks.md. */
export async function document(seconds: number, sections: readonly string[], before: string): Promise<string> {
  // Measured by itself: `npm run soak`.
  const kept = before.match(/^## (?:Idle clients|Rolling restart)\n[^]*?(?=\n+## )/gm) ?? []
  return `# Benchmarks

\`npm run bench\` measures everything below in one run. Ratios count, not digits: each is taken within a round, against the
floor of that round. A number is the median, and in parentheses stand the least and the most of ${rounds} rounds.

![CPU per request](benchmarks.svg)

${[...sections, ...kept].join('\n\n')}

## How

- Each subject is a process of its own${apart ? ' on a core of its own; load and upstreams share another one' : ''}.
- ${programs.wrk === undefined ? 'autocannon' : 'wrk'}, ${connections} connections, answers of about 1 KB, ${seconds} s a round after 14 s of
  warming up (1 s for what is native); ${rounds} rounds in turns.
- CPU is user and system time of the subject and all its workers. The req/s of a subject that costs less than the load are
  those of the load.
- "Policies only" is a forward or screen with an open guard and no log. "Everything on" adds what an app has: a verified
  bearer token, the access log and whatever else is on the list in \`bench/src/subjects/ours.ts\`.
- Guards are functions, called in turns with one that knows everybody, in a process of its own; "guard" is what they cost beyond
  that. Each call has a header of its own, as each request has: a string that was looked up before is found faster.
- A socket's memory is what the process has grown by, garbage included, 2 s after the last of them opened, each of another user.
- nginx and HAProxy: one worker, connections kept open on both sides, no log.
- A wrong status, length or body ends the run.
- \`npm run bench 2 screen\` measures one group (\`forward\`, \`screen\`, \`routes\`, \`streams\`, \`guards\`, \`sockets\`), 2 s a round, and prints it only.
  \`npm run profile -w bench ours\` shows which functions the time of one subject goes to.

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
