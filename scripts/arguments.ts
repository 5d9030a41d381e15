import { parseArgs, type ParseArgsConfig } from 'node:util'

/**
 * What a script was started with. `--help` prints how it is used, and what cannot be read is told in one sentence with it:
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
    return end(process.stderr, `${(error as Error).message.split('. ', 1)[0]}.\n${usage}`, 2)
  }
}

function end(stream: NodeJS.WriteStream, text: string, code: number): never {
  stream.write(`${text}\n`)
  process.exit(code)
}
