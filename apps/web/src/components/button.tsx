import type { ComponentProps } from 'react'

interface Props extends Omit<ComponentProps<'button'>, 'disabled'> {
  readonly busy?: boolean
  readonly look?: 'solid' | 'quiet'
}

/** While busy it ignores clicks but keeps the focus, which a disabled button would lose. */
export function Button({ busy = false, look = 'solid', type = 'button', onClick, ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      className={look === 'solid' ? 'button' : 'quiet'}
      aria-disabled={busy}
      aria-busy={busy}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
    />
  )
}
