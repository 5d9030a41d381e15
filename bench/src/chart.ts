import type { Group } from './groups.ts'
import type { Measured } from './measure.ts'
import { type Spread, spreadOf } from './spread.ts'

interface Section {
  readonly group: Group
  readonly results: readonly Measured[]
}

interface Bar {
  readonly name: string
  readonly kind: 'floor' | 'ours' | 'peer'
  readonly cpu: Spread
}

const line = 26
const heading = 44
const labels = 270
const bars = 400
const width = labels + bars + 90

const style = `
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .title { font-weight: 600 } .unit { fill: #57606a; font-weight: 400 }
    .floor { fill: #8c959f } .ours { fill: #0969da } .peer { fill: #c69026 }
    .spread { stroke: #24292f; stroke-opacity: .55 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .unit { fill: #8d96a0 }
      .floor { fill: #6e7681 } .ours { fill: #4493f8 } .peer { fill: #9e6a03 }
      .spread { stroke: #e6edf3 }
    }`

/** CPU per request as horizontal bars, shorter is better; the thin line is the spread. Each group has its own scale. */
export function chart(sections: readonly Section[]): string {
  let y = 0
  const parts = sections.map(({ group, results }) => {
    const top = y
    y += heading + results.length * line + 8
    return block(group.title, results.map(barOf), top)
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img" aria-label="CPU per request">
  <style>${style}
  </style>
${parts.join('\n')}
</svg>
`
}

const barOf = ({ row, loads }: Measured, i: number): Bar => ({
  name: row.name,
  kind: i === 0 ? 'floor' : /^(forward|screen)/.test(row.name) ? 'ours' : 'peer',
  cpu: spreadOf(loads.map(({ cpu }) => cpu)),
})

function block(title: string, all: readonly Bar[], top: number): string {
  const scale = bars / Math.max(...all.map(({ cpu }) => cpu.max))
  const head = `  <text x="0" y="${top + 28}" class="title">${escape(title)} <tspan class="unit">CPU per request, shorter is better</tspan></text>`
  return [head, ...all.map((bar, i) => draw(bar, scale, top + heading + i * line))].join('\n')
}

function draw({ name, kind, cpu }: Bar, scale: number, top: number): string {
  const x = (value: number) => (labels + value * scale).toFixed(1)
  const middle = top + line / 2
  return [
    `  <text x="${labels - 10}" y="${middle + 5}" text-anchor="end">${escape(name)}</text>`,
    `  <rect x="${labels}" y="${top + 4}" width="${(cpu.median * scale).toFixed(1)}" height="${line - 8}" rx="2" class="${kind}"/>`,
    `  <line x1="${x(cpu.min)}" x2="${x(cpu.max)}" y1="${middle}" y2="${middle}" class="spread"/>`,
    `  <text x="${Number(x(cpu.max)) + 8}" y="${middle + 5}">${cpu.median.toFixed(0)} µs</text>`,
  ].join('\n')
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
