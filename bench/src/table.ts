/** A Markdown table in the formatter's style: the first column left-aligned, the others right-aligned. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(3, title.length, ...lines.map((line) => line[i]!.length)))
  const pad = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [head.map(pad), rule, ...lines.map((line) => line.map(pad))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}
