/** What one call to a queue or a topic takes. */
const ITEMS_MAX = 10;
/** To a queue, and to a topic. */
export const QUEUE_BYTES = 1_048_576;
export const TOPIC_BYTES = 262_144;

/** Batches of at most ten, and of at most so many bytes unless one alone has more. */
export function batches<T>(items: readonly T[], bytesOf: (item: T) => number, bytesMax: number): T[][] {
  const all: T[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    const last = all.at(-1);
    if (last && last.length < ITEMS_MAX && bytes + size <= bytesMax) {
      last.push(item);
      bytes += size;
    } else {
      all.push([item]);
      bytes = size;
    }
  }
  return all;
}
