import { Link } from 'react-router'
import { Heading } from '../components/heading.tsx'

export function LostScreen() {
  return (
    <>
      <Heading title="Page not found" />
      <p className="lead">There is nothing at this address.</p>
      <Link className="button" to="/">
        Go to the home page
      </Link>
    </>
  )
}
