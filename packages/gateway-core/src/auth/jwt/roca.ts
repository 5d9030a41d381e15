const primes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157].map((prime) => ({
  prime: BigInt(prime),
  powers: powersOf65537(prime),
}))

/**
 * Whether an RSA modulus comes from chips whose keys can be factored (CVE-2017-15361, "ROCA"): such a modulus is a
 * power of 65537 modulo each of these primes, as fewer than one in a hundred million others are.
 */
export const isRoca = (modulus: bigint): boolean =>
  primes.every(({ prime, powers }) => powers.has(Number(modulus % prime)))

function powersOf65537(prime: number): ReadonlySet<number> {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power)
  return powers
}
