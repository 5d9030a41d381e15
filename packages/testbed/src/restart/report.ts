/** What became of requests. */
export interface Answers {
  readonly asked: number
  /** With success, whole, and known to the service. */
  readonly answered: number
  /** What was said of each of the others. */
  readonly lost: readonly string[]
  /** Times that the service was asked once more than it should have been. */
  readonly repeats: number
}

/** What became of those who follow something. */
export interface Followed {
  readonly asked: number
  /** Those whose connection ended, who came back, and have heard the last of what happened. */
  readonly resumed: number
  /** Those who have not heard the last. */
  readonly lost: number
  /** Connections that ended without a word of when to come back. */
  readonly cut: number
  /** Events that somebody has not heard, and that somebody has heard again. */
  readonly gaps: number
  readonly repeats: number
}

export interface Report {
  readonly requests: Answers
  readonly writes: Answers
  readonly streams: Followed
  readonly sockets: Followed
  /** With what each process exited that was stopped: nothing if it was killed. */
  readonly exits: readonly (number | null)[]
}

/** One who follows, so far. */
export interface Heard {
  /** At present, and all that had happened before. */
  live: boolean
  /** How often a connection ended, with word of when to come back and without. */
  away: number
  cut: number
  /** Every number, as it came. */
  readonly revs: number[]
}

export const nothing = (): Heard => ({ live: false, away: 0, cut: 0, revs: [] })

/** What they have heard, against `last`, the number of the last thing that happened. */
export function compared(all: readonly Heard[], last: number): Followed {
  const sum = (of: (heard: Heard) => number) => all.reduce((total, heard) => total + of(heard), 0)
  const news = ({ revs }: Heard) => new Set(revs).size
  const complete = ({ live, revs }: Heard) => live && revs.at(-1) === last
  return {
    asked: all.length,
    resumed: all.filter((heard) => heard.away + heard.cut > 0 && complete(heard)).length,
    lost: all.filter((heard) => !complete(heard)).length,
    cut: sum(({ cut }) => cut),
    gaps: sum((heard) => last - news(heard)),
    repeats: sum((heard) => heard.revs.length - news(heard)),
  }
}

/** What a rolling restart must not do, and did. */
export function faultsOf({ requests, writes, streams, sockets, exits }: Report): string[] {
  const all: readonly (readonly [string, number])[] = [
    ...Object.entries({ requests, writes }).flatMap(([kind, { lost, repeats }]): [string, number][] => [
      [`${kind} lost (${[...new Set(lost)].join('; ')})`, lost.length],
      [`${kind} sent again`, repeats],
    ]),
    ...Object.entries({ streams, sockets }).flatMap(([kind, seen]): [string, number][] => [
      [`${kind} not resumed`, seen.asked - seen.resumed],
      [`${kind} cut without a word`, seen.cut],
      [`events missing in ${kind}`, seen.gaps],
      [`events told again in ${kind}`, seen.repeats],
    ]),
    ['processes that did not exit with 0', exits.filter((code) => code !== 0).length],
  ]
  return all.filter(([, many]) => many > 0).map(([what, many]) => `${many} ${what}`)
}
