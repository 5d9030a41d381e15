/** What main.ts tells a subject through its environment. */
export const env = {
  /** Where every subject finds the one upstream. */
  upstream: process.env['BENCH_UPSTREAM'] ?? '',
  /** The upstream that sends and takes a gigabyte. */
  streams: process.env['BENCH_STREAMS'] ?? '',
  /** `all`: as an app runs. Otherwise the policies alone. */
  everything: process.env['BENCH_WITH'] === 'all',
  /** How many more forwards there are beside the ones of the other groups. */
  routes: Number(process.env['BENCH_ROUTES'] ?? 0),
}
