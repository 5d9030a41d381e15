import { lastingRows } from './lasting.ts'
import type { ForwardPlan, Plan, PlannedCall, ScreenPlan, Source } from './plan.ts'
import { timeline } from './timeline.ts'
import type { Treatment } from './treatment.ts'

/** A plan as readable text, with a trailing line break. */
export function textOf(plan: Plan): string {
  const blocks = [head(plan), ...bodyOf(plan)]
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

type Row = readonly [label: string, text: string]

const rows = (all: readonly Row[]): string[] => {
  const width = Math.max(...all.map(([label]) => label.length))
  return all.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`)
}

function head(plan: Plan): string[] {
  const { methods, path, place, when, cost, deadline } = plan
  return [
    `${methods.join('|')} ${path}${place === undefined ? '' : `   ${place}`}`,
    ...rows([
      ['answers', answers(plan)],
      ...(when === undefined ? [] : [['when', when] as const]),
      ['who may', whoMay(plan)],
      ['limits', cost === undefined ? 'one request' : `counts as ${cost} requests`],
      ['deadline', `${ms(deadline)} ${isWhole(plan) ? 'for everything' : 'until the response begins'}`],
      ...(plan.door === 'screen' ? saidOf(plan) : []),
      ...(plan.door === 'forward' ? [eventStreamsOf(plan)] : []),
      ...('lasting' in plan ? lastingRows(plan.lasting) : []),
    ]),
  ]
}

/** The whole response is ready at once. */
const isWhole = ({ door }: Plan): boolean => door === 'screen' || door === 'own'

const eventStreamsOf = ({ caps }: ForwardPlan): Row => ['event streams', `${caps.route}, ${caps.client} per client`]

function saidOf({ expose, operation: { deprecated } }: ScreenPlan): Row[] {
  const exposed = Object.entries(expose).flatMap(([upstream, names]) => names.map((name) => `${name} of ${upstream}`))
  const until = deprecated?.sunset === undefined ? '' : `, answers until ${deprecated.sunset}`
  return [
    ...(exposed.length === 0 ? [] : [['exposes', exposed.join(', ')] as const]),
    ...(deprecated === undefined ? [] : [['deprecated', `since ${deprecated.since}${until}`] as const]),
  ]
}

function answers(plan: Plan): string {
  if (plan.door === 'own') return `its own handler: ${plan.summary}`
  if (plan.door === 'socket') return `a WebSocket, ${plan.protocol}`
  if (plan.door !== 'forward') return `a ${plan.door}: ${plan.operation.summary ?? plan.key}`
  const further = [plan.rewritten && 'path changed', plan.upgrade && 'WebSockets too'].filter(Boolean)
  return [`${plan.upstream}, passed on as it is`, ...further].join(', ')
}

/** As printed everywhere: `signed in (signedIn), orders:write`. */
export function whoMay({ admission: { who, guard, described, scopes, refusal } }: Pick<Plan, 'admission'>): string {
  const named = described ?? (guard === '' ? who : `${who} (${guard})`)
  return [named, ...scopes].join(', ') + (refusal === undefined ? '' : `: sample refused, ${refusal}`)
}

function bodyOf(plan: Plan): string[][] {
  if (plan.door === 'own') return []
  if (plan.door === 'forward') return forwardBody(plan)
  if (plan.door === 'socket')
    return Object.entries(plan.topics).flatMap(([topic, source]) => [[`Topic ${topic}`], ...sourceBody(source)])
  if (plan.door !== 'screen') return sourceBody(plan)
  return plan.fault === undefined ? screenBody(plan) : [unplanned(plan.fault)]
}

const sourceBody = ({ fault, calls }: Source): string[][] =>
  fault === undefined ? calls.map(callBlock) : [unplanned(fault)]

const unplanned = (fault: string): string[] => [`It cannot be planned: ${fault}`]

function screenBody(plan: ScreenPlan): string[][] {
  return [
    ['Parts', ...rows(plan.parts.map((part) => [part.name, partText(part)]))],
    timeline(plan),
    figures(plan),
    ...plan.calls.map(callBlock),
  ]
}

function figures({ calls, critical, worst, budget, deadline, waves }: ScreenPlan): string[] {
  const late = critical.timeouts > deadline ? ', cut short by the deadline' : ''
  const made = calls.reduce((sum, { times, each }) => sum + (each ? 0 : times), 0)
  const perItem = calls.some(({ each }) => each)
  const most = worst.each === 0 ? counted(worst.fixed, 'request') : `${worst.fixed} + ${worst.each} × n requests`
  return [
    'Summary',
    ...rows([
      ['calls', `${made}${perItem ? ' plus more per list item' : ''}, in ${counted(waves.length, 'wave')}`],
      ['longest path', `${critical.calls.join(' → ') || 'none'}: ${ms(critical.timeouts)} of timeouts${late}`],
      ['worst case', `${most} at the services`],
      ['budget', budget === undefined ? 'none' : `${budget.bytes} B, ${budget.calls} calls, ${ms(budget.p95)} at p95`],
    ]),
  ]
}

const partText = ({ kind, needs, calls, undo }: ScreenPlan['parts'][number]): string =>
  [
    kind,
    ...(needs.length === 0 ? [] : [`after ${needs.join(' and ')}`]),
    calls.length === 0 ? 'no own calls' : calls.join(' and '),
    ...(undo.length === 0 ? [] : [`undone by ${undo.join(' and ')}`]),
  ].join(', ')

const tokens: Readonly<Record<Treatment['token'], string>> = {
  none: 'none',
  user: 'ours, about the user',
  client: 'ours, about this BFF',
  external: 'from an external issuer, about this BFF',
}

const protocols: Readonly<Record<Treatment['protocol'], string>> = {
  http: 'HTTP',
  grpc: 'gRPC',
  websocket: 'WebSocket',
}

const callBlock = (call: PlannedCall): string[] => [
  `${call.name}${call.each ? ' × n' : call.times > 1 ? ` × ${call.times}` : ''}`,
  ...rows(treatmentRows(call)),
]

function forwardBody({ treatments, upgrade }: ForwardPlan): string[][] {
  return [
    ...Object.entries(treatments).map(([method, treatment]) => [method, ...rows(treatmentRows(treatment))]),
    ...(upgrade === undefined ? [] : [['WebSockets', ...rows(lastingRows(upgrade))]]),
  ]
}

function treatmentRows(treatment: Treatment): Row[] {
  const { protocol, safe, timeout, attempts, hedged, most, token, travels, kept } = treatment
  const tries = attempts === 1 ? 'one attempt' : `${attempts} attempts`
  return [
    ['treated', `${protocols[protocol]}, ${safe ? 'reads' : 'writes'}, ${ms(timeout)}, ${tries}`],
    ['worst case', `${counted(most, 'request')}${hedged ? ', including hedges' : ''}`],
    ['token', tokens[token]],
    ['travels', travels.join(', ')],
    ...(kept.length === 0 ? [] : [['stays', kept.join(', ')] as const]),
    ...sharingRows(treatment),
  ]
}

function sharingRows({ coalesced, cached, staleFor, renewed }: Treatment): Row[] {
  const old = staleFor > 0 ? `, up to ${ms(staleFor)} stale` : ''
  return [
    ['shared', coalesced === undefined ? 'no' : `while in flight, by ${coalesced.join(', ')}`],
    ['cached', cached === undefined ? 'no' : `by ${cached.join(', ')}${old}`],
    ...(renewed === undefined ? [] : [['renewed', `re-authorized after ${ms(renewed)}`] as const]),
  ]
}

const ms = (value: number): string => `${value} ms`

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
