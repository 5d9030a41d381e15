/** A flag and a length stand before each message (grpc/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message"). */
const head = 5

/** One message as it is sent, not compressed. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(head + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, head)
  return frame
}

/** What came is not what a stream of messages is: a broken frame, a compressed one (none was asked for), or one too large. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** Takes bytes as they come, and gives messages. It holds less than one message of at most `maxBytes`. */
export class Frames {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #size = 0
  /** Bytes of the frame that is coming; `head` before its length is known. */
  #wanted = head
  #known = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Nothing of a further message has come. */
  get isBetween(): boolean {
    return this.#size === 0
  }

  /** The messages that are whole now. Throws a `FrameError`. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#wanted) return []
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    const messages: Buffer[] = []
    while (bytes.length >= this.#wanted) {
      if (this.#known) {
        messages.push(bytes.subarray(head, this.#wanted))
        bytes = bytes.subarray(this.#wanted)
        this.#wanted = head
      } else this.#wanted += this.#length(bytes)
      this.#known = !this.#known
    }
    this.#chunks = bytes.length === 0 ? [] : [bytes]
    this.#size = bytes.length
    return messages
  }

  #length(bytes: Buffer): number {
    if (bytes[0] !== 0) throw new FrameError(`flags ${bytes[0]}`)
    const length = bytes.readUInt32BE(1)
    if (length > this.#maxBytes) throw new FrameError(`a message of ${length} bytes, more than ${this.#maxBytes}`)
    return length
  }
}
