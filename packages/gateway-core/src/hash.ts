/** 32-bit hash of a text, the same in every process (FNV-1a). */
export function hash(text: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return state >>> 0
}

/**
 * A number between 0 and 1, both excluded: as good as random, but always the same for a hash and a salt (MurmurHash3's
 * finalizer).
 */
export function drawn(hashed: number, salt: number): number {
  let state = hashed ^ salt
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (((state ^ (state >>> 16)) >>> 0) + 0.5) / 4_294_967_296
}
