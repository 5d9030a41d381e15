import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Certificates of an authority of our own, of none, for another name, and of yesterday. */
export function certificates(shelf: string) {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: shelf, stdio: 'pipe' })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const here = 'subjectAltName=IP:127.0.0.1'
  openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority', '-days', '2')
  openssl(
    'req',
    '-x509',
    ...curve,
    '-keyout',
    'stranger.key',
    '-out',
    'stranger.pem',
    '-subj',
    '/CN=s',
    '-addext',
    here,
  )
  writeFileSync(join(shelf, 'index.txt'), '')
  writeFileSync(
    join(shelf, 'ca.cnf'),
    '[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\n' +
      'policy=any\nunique_subject=no\ncopy_extensions=copy\n[any]\ncommonName=supplied\n',
  )
  const sign = (name: string, san: string, from: string, to: string) => {
    openssl(
      'req',
      '-new',
      ...curve,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
      '-addext',
      san,
    )
    openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      'ca.cnf',
      '-cert',
      'ca.pem',
      '-keyfile',
      'ca.key',
      '-startdate',
      from,
      '-enddate',
      to,
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.pem`,
    )
  }
  const day = (days: number) =>
    `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
  sign('right', here, day(-1), day(1))
  sign('other', 'subjectAltName=DNS:other.example', day(-1), day(1))
  sign('expired', here, day(-3), day(-2))
  return (name: string) => ({
    key: readFileSync(join(shelf, `${name}.key`)),
    cert: readFileSync(join(shelf, `${name}.pem`)),
  })
}
