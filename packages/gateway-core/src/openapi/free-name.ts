/** The name itself or, if taken, with the lowest free number appended. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  for (let i = 1; ; i++) {
    const tried = i === 1 ? name : `${name}${i}`
    if (!isTaken(tried)) return tried
  }
}
