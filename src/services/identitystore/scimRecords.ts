/** Documents as records show them: what people are called, and where they live, is hidden. */
const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';
const SHOWN = new Set(['schemas', 'meta', 'id', 'op']);
const DEPTH_MAX = 8;

export function hidden(body: object): object {
  return masked(body, 0) as object;
}

function masked(value: unknown, depth: number): unknown {
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object' || depth > DEPTH_MAX) return HIDDEN;
  if (Array.isArray(value)) return value.map((item) => masked(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (SHOWN.has(name)) return [name, inner];
      // A path may carry a value in its filter.
      if (name === 'path' && typeof inner === 'string') return [name, inner.replace(/\[.*/s, '')];
      return [name, masked(inner, depth + 1)];
    }),
  );
}
