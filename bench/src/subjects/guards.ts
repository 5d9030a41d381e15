// node guards.ts <seconds> <rounds> — calls guards alternately as functions; reports the cost per call to the parent process.
import { bearer, webSession } from '@bff/gateway-core/auth'
import { memoryStore } from '@bff/gateway-core/state'
import { pino } from 'pino'
import type { GuardRow } from '../guards.ts'
import { audience, fetchKeys, issuer, token } from './identity.ts'
import { signIn } from './sign-in.ts'

type Guard = ReturnType<typeof bearer>
type Asked = Parameters<Guard>[0]

interface Subject {
  readonly name: string
  readonly guard: Guard
  readonly headers: Readonly<Record<string, string>>
  readonly atMost?: number
}

const log = pino({ level: 'silent' })
const [seconds = 1, rounds = 5] = process.argv.slice(2).map(Number)
const authorization = `Bearer ${token}`
const somebody = {} as Awaited<ReturnType<Guard>>

await using session = await signIn((options) =>
  webSession({ ...options, store: memoryStore(), log, keys: ['k'.repeat(32)], production: false }),
)
const subjects: readonly Subject[] = [
  { name: 'floor: admits everybody', guard: async () => somebody, headers: { authorization } },
  { name: 'bearer', guard: bearer({ issuer, audience, fetch: fetchKeys }), headers: { authorization }, atMost: 2 },
  { name: 'session', guard: session.authenticate, headers: { cookie: session.cookie, 'x-csrf': '1' }, atMost: 3 },
]

/** The parts of an exchange that a guard reads, with fresh header strings, as a parser creates them for each request. */
function exchanges(headers: Readonly<Record<string, string>>): () => Asked {
  const [[name, value] = ['', ''], ...others] = Object.entries(headers)
  const bytes = Buffer.from(value, 'latin1')
  const more = Object.fromEntries(others)
  return () =>
    ({ method: 'GET', path: '/', headers: { [name]: bytes.toString('latin1'), ...more }, log }) as unknown as Asked
}

/** Microseconds of CPU per call, measured for `during` seconds. */
async function measure({ guard, headers }: Subject, during: number): Promise<number> {
  const make = exchanges(headers)
  const end = performance.now() + during * 1_000
  const before = process.cpuUsage()
  let calls = 0
  while (performance.now() < end) {
    for (let i = 0; i < 1_000; i += 1) await guard(make())
    calls += 1_000
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

const rows = subjects.map(({ name, atMost }) => ({
  name,
  micros: [] as number[],
  ...(atMost !== undefined && { atMost }),
}))
for (const subject of subjects) await measure(subject, 2)
for (let round = 0; round < rounds; round += 1) {
  for (const [i, subject] of subjects.entries()) {
    const micros = await measure(subject, seconds)
    rows[i]!.micros.push(micros)
    console.log(`${subject.name.padEnd(40)} ${micros.toFixed(2).padStart(6)} µs`)
  }
}
process.send!(rows satisfies GuardRow[])
process.disconnect()
