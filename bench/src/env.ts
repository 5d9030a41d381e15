/** Environment variables that main.ts passes to a subject. */
export const env = {
  /** URL of the upstream shared by all subjects. */
  upstream: process.env['BENCH_UPSTREAM'] ?? '',
  /** URL of the upstream that sends and receives a gigabyte. */
  streams: process.env['BENCH_STREAMS'] ?? '',
  /** `all`: everything an app has. Otherwise policies only. */
  everything: process.env['BENCH_WITH'] === 'all',
  /** Number of forwards added to those of the other groups. */
  routes: Number(process.env['BENCH_ROUTES'] ?? 0),
}
