import type { ClientProblem } from '@bff/gateway-core/client'
import { Link, useLocation } from 'react-router'
import { signInUrl } from '../session.ts'
import { Button } from './button.tsx'

interface Props {
  readonly problem: ClientProblem
  readonly retry: () => void
  readonly busy: boolean
}

const unanswered = 'Part of the shop is not responding right now. Please try again shortly.'

export function Failure({ problem, retry, busy }: Props) {
  if (problem.status === 401) return <SignInFirst loginUrl={problem.extra['loginUrl'] as string | undefined} />
  const detail = problem.detail ?? (problem.status >= 500 ? unanswered : undefined)
  return (
    <section className="panel failure" role="alert">
      <h2>{problem.title}</h2>
      {detail !== undefined && <p>{detail}</p>}
      {problem.errors.length > 0 && (
        <ul>
          {problem.errors.map(({ pointer, detail }) => (
            <li key={pointer}>{detail}</li>
          ))}
        </ul>
      )}
      <p className="actions">
        <Button busy={busy} onClick={retry}>
          Try again
        </Button>
        {problem.status === 404 && <Link to="/products">Browse the shop</Link>}
      </p>
      {problem.traceId !== undefined && (
        <p className="trace">
          Reference <code>{problem.traceId}</code>
        </p>
      )}
    </section>
  )
}

function SignInFirst({ loginUrl }: { readonly loginUrl: string | undefined }) {
  const { pathname, search } = useLocation()
  return (
    <section className="panel">
      <h2>Sign in to see this page</h2>
      <p>Your cart and orders are saved in your account.</p>
      <p className="actions">
        <a className="button" href={signInUrl(pathname + search, loginUrl)}>
          Sign in to continue
        </a>
      </p>
    </section>
  )
}
