import { Heading } from '../components/heading.tsx'

/** For a bug in this app; a fresh start is the only remedy. */
export function CrashScreen() {
  return (
    <main>
      <Heading title="Something went wrong" />
      <p className="lead">This is our fault, not yours. Your cart and orders are safe.</p>
      <a className="button" href="/">
        Start again
      </a>
    </main>
  )
}
