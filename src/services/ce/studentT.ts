/** Quantiles of Student's t distribution, found by bisection on its distribution function. */

/** The value below which a share `p` (0.5 to 1) of the distribution with `degrees` of freedom (at least 1) lies. */
export function studentT(p: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (shareBelow(high, degrees) < p) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (shareBelow(middle, degrees) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The distribution function for t ≥ 0 and whole degrees of freedom, as finite sums (Abramowitz and Stegun 26.7.3,
 * 26.7.4).
 */
function shareBelow(t: number, degrees: number): number {
  const angle = Math.atan2(t, Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= ((k - 1) / k) * cosine ** 2;
    sum += term;
  }
  const within = odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return 0.5 + within / 2;
}
