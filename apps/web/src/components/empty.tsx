import { Link } from 'react-router'

interface Props {
  readonly title: string
  readonly text: string
  /** Label of the link to all products. */
  readonly browse: string
}

/** Shown in place of an empty list. */
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
