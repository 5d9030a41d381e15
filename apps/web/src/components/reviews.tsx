import type { Web } from '@bff/contracts/web'
import type { Output } from '@bff/gateway-core/contract'
import { count, formatDate } from '../format.ts'

type Answer = Output<Web, 'GET /api/products/:id'>
type Review = Answer['reviews']['items'][number]

export function Reviews({ reviews, meta }: Pick<Answer, 'reviews' | 'meta'>) {
  const { average, items } = reviews
  return (
    <section className="reviews" aria-labelledby="reviews">
      <h2 id="reviews">Reviews</h2>
      {meta.parts.reviews === 'fallback' ? (
        <p className="note">Reviews are not available right now.</p>
      ) : average === null ? (
        <p className="note">No reviews yet.</p>
      ) : (
        <p className="average">
          <strong>{average.toFixed(1)}</strong> out of 5, from {count(reviews.count, 'review')}
        </p>
      )}
      <ul>
        {items.map((review) => (
          <li key={review.id}>
            <Opinion {...review} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Opinion({ author, rating, title, text, date }: Review) {
  return (
    <article>
      <p className="stars">
        <span aria-hidden="true">{'★'.repeat(rating).padEnd(5, '☆')}</span>
        <span className="hidden">{rating} out of 5</span>
      </p>
      <h3>{title}</h3>
      <p>{text}</p>
      <p className="note">
        {author}, <time dateTime={date}>{formatDate(date)}</time>
      </p>
    </article>
  )
}
