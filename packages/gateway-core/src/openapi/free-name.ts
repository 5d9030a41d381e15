/** The name itself or, if it is taken, with the lowest number behind it that is not. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  for (let i = 1; ; i++) {
    const tried = i === 1 ? name : `${name}${i}`
    if (!isTaken(tried)) return tried
  }
}
