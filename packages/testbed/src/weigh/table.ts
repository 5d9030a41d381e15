/** A column: its title and the cell of a row. */
export interface Column<Row> {
  /** Ends with an asterisk if the cells vary from run to run. */
  readonly title: string
  /** Default right, for numbers. */
  readonly side?: 'left' | 'right'
  readonly of: (row: Row) => string | number
}

/** A Markdown table in the repository's format. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ of }) => String(of(row))))
  const widths = columns.map(({ title }, i) => Math.max(4, title.length, ...cells.map((row) => row[i]!.length)))
  const isLeft = (i: number): boolean => columns[i]!.side === 'left'
  const pad = (cell: string, i: number): string => (isLeft(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
  const rule = columns.map((_, i) => (isLeft(i) ? '-'.repeat(widths[i]!) : `${'-'.repeat(widths[i]! - 1)}:`))
  const lines = [columns.map(({ title }, i) => pad(title, i)), rule, ...cells.map((row) => row.map(pad))]
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n')
}

/** A page without its varying columns, so that runs with the same findings compare equal. */
export function steady(page: string): string {
  let unsteady: boolean[] = []
  let inTable = false
  const lines = page.split('\n').map((line) => {
    if (!line.startsWith('|')) {
      inTable = false
      return line
    }
    const cells = line.split('|').map((cell) => cell.trim().replace(/^-+/, '-'))
    if (!inTable) unsteady = cells.map((title) => title.endsWith('*'))
    inTable = true
    return cells.filter((_, i) => unsteady[i] !== true).join('|')
  })
  return lines.join('\n')
}
