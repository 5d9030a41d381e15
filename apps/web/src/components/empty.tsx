import { Link } from 'react-router'

interface Props {
  readonly title: string
  readonly text: string
  /** Names the way to the whole shop. */
  readonly browse: string
}

/** Instead of a list that has nothing in it. */
export function Empty({ title, text, browse }: Props) {
  return (
    <section className="panel">
      <h2>{title}</h2>
      <p>{text}</p>
      <p className="actions">
        <Link className="button" to="/products">
          {browse}
        </Link>
      </p>
    </section>
  )
}
