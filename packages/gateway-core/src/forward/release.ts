/** Smallest chunk worth releasing, in bytes. */
const large = 16_384

/**
 * Frees the memory of a written chunk if it owns its whole buffer. The collector would let 32 MiB of these gather, and
 * then stop everything for a full collection. Danger: nothing may use the chunk any more, least of all the kernel.
 */
export function release({ buffer, length }: Buffer): void {
  if (length >= large && length === buffer.byteLength) (buffer as ArrayBuffer).transfer(0)
}
