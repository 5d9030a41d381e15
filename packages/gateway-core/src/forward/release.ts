/** Bytes from which on it is worth it. */
const large = 16_384

/**
 * Give the memory of a chunk back that is written, if the chunk is all there is in it. Left to the collector it waits until
 * 32 MiB of such have gathered, and then for a collection of the whole heap, with everybody else waiting too. Nobody may have
 * the chunk any more, least of all the kernel.
 */
export function release({ buffer, length }: Buffer): void {
  if (length >= large && length === buffer.byteLength) (buffer as ArrayBuffer).transfer(0)
}
