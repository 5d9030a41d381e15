export function Footer() {
  return (
    <footer className="footer">
      <p className="wordmark">Lagom</p>
      <p>Swedish for “not too little, not too much”. This is a demo shop: nothing is sold or shipped.</p>
    </footer>
  )
}
