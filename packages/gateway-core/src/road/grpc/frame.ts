/** Bytes of flag and length before each message (grpc/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message"). */
const head = 5

/** Frames a message, uncompressed. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(head + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, head)
  return frame
}

/** An invalid message stream: a broken frame, a compressed one (none was requested), or one too large. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** Splits bytes into messages. Buffers less than one message of at most `maxBytes`. */
export class MessageFrames {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #size = 0
  /** Bytes of the current frame; `head` until its length is known. */
  #wanted = head
  #known = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** No message is partially received. */
  get isBetween(): boolean {
    return this.#size === 0
  }

  /** Returns the messages now complete. Throws a `FrameError`. */
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
