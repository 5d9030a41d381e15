import { describe, expect, it } from '@jest/globals'
import { chart } from '../src/chart.ts'
import { document } from '../src/document.ts'
import { groups } from '../src/groups.ts'
import type { Measured } from '../src/measure.ts'
import { guardTable, loadTable, streamTable } from '../src/report.ts'

const [group] = groups

/** Measurements with the given CPU values of two rounds per row. */
const measured = (cpus: Readonly<Record<string, readonly number[]>>): readonly Measured[] =>
  group!.rows.flatMap((row) =>
    row.key in cpus
      ? [{ row, loads: cpus[row.key]!.map((cpu) => ({ cpu, rate: 9_999, p50: 1_000, p99: 2_500, rss: 100 })) }]
      : [],
  )

const cells = (table: string): string[][] =>
  table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

describe('report', () => {
  it('shows median and spread, the ratio of each round, and which budget is met', () => {
    const all = measured({ floor: [20, 40], 'ours-bare': [26, 52], ours: [50, 100], fastify: [30, 60] })
    const lines = cells(loadTable(all)).slice(2)
    expect(lines.map((line) => [line[1], line[2], line[7]])).toEqual([
      ['30.0 (20.0–40.0) µs', '1.00 (1.00–1.00)', ''],
      ['39.0 (26.0–52.0) µs', '1.30 (1.30–1.30)', '≤ 1.3 × met'],
      ['75.0 (50.0–100.0) µs', '2.50 (2.50–2.50)', '≤ 1.8 × **missed**, < @fastify/http-proxy **missed**'],
      ['45.0 (30.0–60.0) µs', '1.50 (1.50–1.50)', ''],
    ])
  })

  it('judges streams against the floor of the same way', () => {
    const row = (name: string, rate: number, growth: number) => ({ name, streamed: [{ rate, cpu: 1, growth }] })
    const lines = cells(
      streamTable([row('a', 100, 99), row('b', 80, 32), row('c', 1_000, 0), row('d', 790, 33)]),
    ).slice(2)
    expect(lines.map((line) => [line[2], line[5]])).toEqual([
      ['1.00 (1.00–1.00)', ''],
      ['0.80 (0.80–0.80)', '≥ 0.8 × met, ≤ 32 MiB met'],
      ['1.00 (1.00–1.00)', ''],
      ['0.79 (0.79–0.79)', '≥ 0.8 × **missed**, ≤ 32 MiB **missed**'],
    ])
  })

  it('judges guards by what they cost beyond the floor of the same round', () => {
    const rows = [
      { name: 'floor', micros: [0.2, 0.4, 0.3] },
      { name: 'cheap', micros: [1.2, 2.4, 2.3], atMost: 2 },
      { name: 'dear', micros: [3.3, 3.5, 3.4], atMost: 3 },
    ]
    expect(cells(guardTable(rows)).slice(2)).toEqual([
      ['floor', '0.30 (0.20–0.40) µs', '', ''],
      ['cheap', '2.30 (1.20–2.40) µs', '2.00 (1.00–2.00) µs', '≤ 2 µs met'],
      ['dear', '3.40 (3.30–3.50) µs', '3.10 (3.10–3.10) µs', '≤ 3 µs **missed**'],
    ])
  })

  it('pads its tables as the formatter would', () => {
    const widths = loadTable(measured({ floor: [20, 40], express: [200, 400] }))
      .split('\n')
      .map(({ length }) => length)
    expect(new Set(widths).size).toBe(1)
  })
})

describe('document', () => {
  it('keeps what is measured by itself, each once, and nothing else of the page that it replaces', async () => {
    const kept = ['## Idle clients\n\nso heavy', '## Rolling restart\n\nnone lost']
    const before = ['# Benchmarks', '## Forward\n\nold', ...kept, '## How\n\nold'].join('\n\n')
    const page = await document(1, ['## Forward\n\nnew'], before)
    const headings = [...page.matchAll(/^## .*$/gm)].map(String)
    expect(headings).toEqual(['## Forward', '## Idle clients', '## Rolling restart', '## How'])
    for (const section of [...kept, '## Forward\n\nnew']) expect(page).toContain(`\n\n${section}\n\n`)
    expect(page).not.toContain('old')
    expect(await document(1, ['## Forward\n\nnew'], page)).toBe(page)
  })
})

describe('chart', () => {
  it('has a bar for each subject, as long as its median, the longest inside the picture', () => {
    const svg = chart([{ group: group!, results: measured({ floor: [20, 40], express: [60, 120] }) }])
    const bars = [...svg.matchAll(/<rect [^>]*width="([\d.]+)" [^>]*class="(\w+)"/g)].map(([, width, kind]) => [
      kind,
      Number(width),
    ])
    expect(bars).toEqual([
      ['floor', 100],
      ['peer', 300],
    ])
  })
})
