import { Heading } from '../components/heading.tsx'

/** A fault of this app itself; a fresh start is all it can offer. */
export function CrashScreen() {
  return (
    <main>
      <Heading title="Something broke" />
      <p className="lead">That is our mistake, not yours. Your cart and your orders are safe.</p>
      <a className="button" href="/">
        Start again
      </a>
    </main>
  )
}
