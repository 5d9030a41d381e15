import { parseArgs, type ParseArgsConfig } from 'node:util'

/**
 * What a program was started with. `--help` prints how it is used, and what cannot be read is told in one sentence with it:
 * the process ends then, with 0 or 2.
 */
export function argumentsOf<const C extends ParseArgsConfig>(
  usage: string,
  config: C,
): ReturnType<typeof parseArgs<C>> {
  if (process.argv.slice(2).includes('--help')) end(process.stdout, usage, 0)
  try {
    return parseArgs(config)
  } catch (error) {
    return misused(`${(error as Error).message.split('. ', 1)[0]}.`, usage)
  }
}

/** Says in one sentence what is wrong with the arguments, and how they are meant: the process ends with 2. */
export const misused = (sentence: string, usage: string): never => end(process.stderr, `${sentence}\n${usage}`, 2)

function end(stream: NodeJS.WriteStream, text: string, code: number): never {
  stream.write(`${text}\n`)
  process.exit(code)
}
