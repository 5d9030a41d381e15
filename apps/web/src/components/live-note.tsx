/** Says in words when what is on the screen may be behind. The region is always there: one that comes with its text is not read out. */
export function LiveNote({ off }: { readonly off: boolean }) {
  return (
    <p className="note" role="status">
      {off && 'Live updates are off at the moment. This page looks for news every few seconds.'}
    </p>
  )
}
