/** Longest head of a frame. */
const longest = 14

const [close, control] = [0x8, 0x8]

/** Follows where frames and messages of a WebSocket end (RFC 6455 §5.2), in bytes that come in pieces of any size. */
export class Frames {
  readonly #head = Buffer.alloc(longest)
  /** Bytes of it that are there. */
  #have = 0
  /** Of the frame's content that is still to come. */
  #left = 0
  #open = false
  #closing = false

  /** Whether what came so far ends with a message: nothing is half said. */
  get between(): boolean {
    return this.#have === 0 && this.#left === 0 && !this.#open
  }

  /** The sender has said that it is going. */
  get closing(): boolean {
    return this.#closing
  }

  /** The next piece. Returns how much of it was looked at: all, or with `stop` as much as the first message that ends in it. */
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
    // Longer than can be counted exactly: no end of it will be found, and none is needed.
    this.#left =
      second === 127 ? Number(this.#head.readBigUInt64BE(2)) : second === 126 ? this.#head.readUInt16BE(2) : second
    this.#have = 0
    // Control frames may stand between the parts of a message, and are whole themselves.
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
