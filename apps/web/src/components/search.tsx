import { useNavigate, useSearchParams } from 'react-router'

export function Search() {
  const [params] = useSearchParams()
  const navigate = useNavigate()
  const asked = params.get('q') ?? ''
  const search = (form: FormData) => {
    const q = String(form.get('q')).trim()
    void navigate(q === '' ? '/products' : `/products?${new URLSearchParams({ q })}`)
  }
  return (
    <search className="search">
      <form action={search}>
        <input
          key={asked}
          type="search"
          name="q"
          aria-label="Search the shop"
          placeholder="Search"
          maxLength={100}
          defaultValue={asked}
        />
      </form>
    </search>
  )
}
