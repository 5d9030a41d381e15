import { useId } from 'react'
import { Link, NavLink, useLocation } from 'react-router'
import { useItemCount } from '../cart.ts'
import { count } from '../format.ts'
import { signInUrl, useSession, useSignOut } from '../session.ts'
import { Button } from './button.tsx'
import { Search } from './search.tsx'

export function Header() {
  return (
    <header className="header">
      <Link className="wordmark" to="/">
        Lagom
      </Link>
      <nav aria-label="Main">
        <NavLink to="/products" end>
          Shop
        </NavLink>
        <NavLink to="/orders" end>
          My orders
        </NavLink>
        <CartLink />
      </nav>
      <Search />
      <Account />
    </header>
  )
}

/** Its accessible name is just `Cart`; the number of items is its description. */
function CartLink() {
  const items = useItemCount()
  const id = useId()
  return (
    <>
      <NavLink to="/cart" aria-describedby={id}>
        Cart
        {items > 0 && (
          <span className="badge" aria-hidden="true">
            {items}
          </span>
        )}
      </NavLink>
      <span id={id} className="hidden">
        {count(items, 'item')}
      </span>
    </>
  )
}

function Account() {
  const { pathname, search } = useLocation()
  const { data } = useSession()
  const signOut = useSignOut()
  return (
    <div className="account">
      {data?.authenticated === false && <a href={signInUrl(pathname + search)}>Sign in</a>}
      {data?.authenticated === true && (
        <>
          <span className="who">{data.user.name ?? data.user.email}</span>
          <Button look="quiet" busy={signOut.isPending} onClick={() => signOut.mutate()}>
            Sign out
          </Button>
        </>
      )}
      {signOut.error !== null && (
        <span className="note" role="alert">
          {signOut.error.title}
        </span>
      )}
    </div>
  )
}
