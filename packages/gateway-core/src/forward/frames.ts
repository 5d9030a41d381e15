/** Longest frame header, in bytes. */
const longest = 14

const [close, control] = [0x8, 0x8]

/** Tracks frame and message boundaries of a WebSocket (RFC 6455 §5.2), in chunks of any size. */
export class WebSocketFrames {
  readonly #head = Buffer.alloc(longest)
  /** Header bytes received. */
  #have = 0
  /** Payload bytes still to come. */
  #left = 0
  #open = false
  #closing = false

  /** Whether the stream is between two messages. */
  get between(): boolean {
    return this.#have === 0 && this.#left === 0 && !this.#open
  }

  /** The sender has sent a close frame. */
  get closing(): boolean {
    return this.#closing
  }

  /** Processes a chunk. Returns the bytes consumed: all, or with `stop` those up to the end of the first message. */
  push(piece: Buffer, stop = false): number {
    let at = 0
    while (at < piece.length) {
      if (this.#left > 0) {
        const here = Math.min(this.#left, piece.length - at)
        this.#left -= here
        at += here
      } else {
        this.#head[this.#have++] = piece[at++]!
        if (this.#have === this.#headLength) this.#begin()
      }
      if (stop && this.between) break
    }
    return at
  }

  get #headLength(): number {
    if (this.#have < 2) return 2
    const second = this.#head[1]!
    const length = second & 0x7f
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (second >= 0x80 ? 4 : 0)
  }

  #begin(): void {
    const [first, second] = [this.#head[0]!, this.#head[1]! & 0x7f]
    const opcode = first & 0x0f
    // Above the safe integers: its end is never found, nor needed.
    this.#left =
      second === 127 ? Number(this.#head.readBigUInt64BE(2)) : second === 126 ? this.#head.readUInt16BE(2) : second
    this.#have = 0
    // Control frames may interleave with the fragments of a message, and are never fragmented.
    if (opcode < control) this.#open = first < 0x80
    else if (opcode === close) this.#closing = true
  }
}

/** A server's close frame (RFC 6455 §5.5.1). */
export function closeFrame(code: number, reason: string): Buffer {
  const length = 2 + Buffer.byteLength(reason)
  const frame = Buffer.alloc(2 + length)
  frame[0] = 0x88
  frame[1] = length
  frame.writeUInt16BE(code, 2)
  frame.write(reason, 4)
  return frame
}
