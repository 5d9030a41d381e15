/** Tells when the page may be out of date. The region always exists: screen readers skip one inserted together with its text. */
export function LiveNote({ off }: { readonly off: boolean }) {
  return (
    <p className="note" role="status">
      {off && 'Live updates are off right now. This page refreshes every few seconds.'}
    </p>
  )
}
