import { useEffect, useRef } from 'react'
import { useLocation } from 'react-router'

let here: string | undefined
let navigated = false

/**
 * The h1 and document title of a screen. Takes the focus after a navigation, which would lose it otherwise, and again when its
 * text arrives unless the focus has moved on by then.
 */
export function Heading({ title, hidden = false }: { readonly title: string; readonly hidden?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { key } = useLocation()
  useEffect(() => {
    if (here !== undefined && here !== key) navigated = true
    if (navigated && (here !== key || document.activeElement === document.body)) focusHeading(heading.current)
    here = key
  }, [key, title])
  return (
    <>
      <title>{`${title} · Lagom`}</title>
      <h1 key={title} ref={heading} tabIndex={-1} className={hidden ? 'hidden' : undefined}>
        {title}
      </h1>
    </>
  )
}

/** Call when the focused element is gone. */
export function focusHeading(heading: HTMLElement | null = document.querySelector('h1')): void {
  heading?.focus({ preventScroll: true })
}
