/** Answers that are streams. */
import type { WireResponse } from '../core/wire.ts';

/**
 * With its first bytes at hand: what is wrong with them (a store that is away, a file that is gone) is still told as an
 * error. Answers that are whole are left as they are.
 */
export function begun(response: WireResponse): WireResponse | Promise<WireResponse> {
  const { body } = response;
  return typeof body === 'string' || body instanceof Uint8Array ? response : begin(response, body);
}

async function begin(response: WireResponse, body: AsyncIterable<Uint8Array>): Promise<WireResponse> {
  const iterator = body[Symbol.asyncIterator]();
  const first = await iterator.next();
  return { ...response, body: continued(first, iterator) };
}

/** No generator: that would keep one who leaves waiting until the next piece. */
function continued(first: IteratorResult<Uint8Array>, iterator: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  let next: IteratorResult<Uint8Array> | undefined = first;
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const result = next ?? (await iterator.next());
        next = undefined;
        return result;
      },
      async return() {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}
