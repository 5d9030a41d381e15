export function Footer() {
  return (
    <footer className="footer">
      <p className="wordmark">Lagom</p>
      <p>Swedish: not too little, not too much. A demonstration shop: nothing here is sold or sent.</p>
    </footer>
  )
}
