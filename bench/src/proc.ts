import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** False without proc(5), which every measurement needs. */
export const measurable = existsSync('/proc/self/status')

/** Milliseconds of user and system time of a process tree so far, to 10 ms: fields 14 to 17 of proc(5) stat. */
export const cpuOf = (pid: number): number => sum(pid, cpu)

/** RSS of a process tree in MiB. Shared pages count once per process. */
export const rssOf = (pid: number): number => sum(pid, (each) => status(each, 'VmRSS'))

/** Peak RSS of a process tree since `forgetPeak`, in MiB. */
export const peakOf = (pid: number): number => sum(pid, (each) => status(each, 'VmHWM'))

export const forgetPeak = (pid: number): void =>
  tree(pid).forEach((each) => writeFileSync(`/proc/${each}/clear_refs`, '5'))

/** The processors this process may run on. */
export function processors(): readonly number[] {
  if (!measurable) return []
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i)
  })
}

const sum = (pid: number, one: (pid: number) => number): number =>
  tree(pid).reduce((total, each) => total + one(each), 0)

function tree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(tree)]
}

function cpu(pid: number): number {
  // The program's name, in parentheses, may contain spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) * 10
}

const status = (pid: number, name: string): number =>
  Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
