interface Props {
  readonly src: string
  /** Empty if the adjacent text says the same. */
  readonly alt?: string
  readonly eager?: boolean
}

/** A square tile, blank without an image. */
export function Picture({ src, alt = '', eager = false }: Props) {
  return (
    <div className="picture">
      {src !== '' && (
        <img src={src} alt={alt} width={500} height={500} loading={eager ? 'eager' : 'lazy'} decoding="async" />
      )}
    </div>
  )
}
