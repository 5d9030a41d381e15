import type { ComponentProps } from 'react'
import { most } from '../cart.ts'

const choices = Array.from({ length: most }, (_, n) => n + 1)

export function Quantity(props: ComponentProps<'select'>) {
  return (
    <select {...props}>
      {choices.map((n) => (
        <option key={n}>{n}</option>
      ))}
    </select>
  )
}
