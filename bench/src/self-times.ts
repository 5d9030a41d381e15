/** The format of `node --cpu-prof`. Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** On the clock of `process.hrtime`. */
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: {
    readonly functionName: string
    readonly url: string
    /** Zero-based. */
    readonly lineNumber: number
  }
}

export interface SelfTime {
  readonly name: string
  /** Package name, `node` for Node's own code, `native` for V8, system calls and WebAssembly. */
  readonly owner: string
  /** `file:line` within the package. */
  readonly place: string
  /** Microseconds in the function itself. */
  readonly self: number
}

/** Self time of each function between two moments, descending. Idle time is left out. */
export function selfTimes({ nodes, startTime, samples, timeDeltas }: CpuProfile, from: number, to: number): SelfTime[] {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const found = new Map<string, SelfTime>()
  let now = startTime
  for (const [i, id] of samples.entries()) {
    now += timeDeltas[i]!
    const { functionName, url, lineNumber } = byId.get(id)!
    if (now < from || now > to || functionName === '(idle)') continue
    const key = `${functionName} ${url}:${lineNumber}`
    const self = (found.get(key)?.self ?? 0) + Math.max(0, timeDeltas[i + 1] ?? 0)
    found.set(key, { name: functionName || '(anonymous)', ...sourceOf(url, lineNumber + 1), self })
  }
  return [...found.values()].toSorted((a, b) => b.self - a.self)
}

/** Sums per owner, descending. */
export function byOwner(times: readonly SelfTime[]): readonly (readonly [owner: string, self: number])[] {
  const sums = new Map<string, number>()
  for (const { owner, self } of times) sums.set(owner, (sums.get(owner) ?? 0) + self)
  return [...sums].toSorted(([, a], [, b]) => b - a)
}

function sourceOf(url: string, line: number): Pick<SelfTime, 'owner' | 'place'> {
  if (url === '' || url.startsWith('wasm:')) return { owner: 'native', place: '' }
  if (url.startsWith('node:')) return { owner: 'node', place: `${url.slice(5)}:${line}` }
  // The last match, because packages nest.
  const [, owner, file] =
    /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(url) ??
    /.*\/(?:packages\/)?([^/]+)\/src\/(.*)$/.exec(url) ??
    []
  return owner === undefined ? { owner: 'other', place: `${url}:${line}` } : { owner, place: `${file}:${line}` }
}
