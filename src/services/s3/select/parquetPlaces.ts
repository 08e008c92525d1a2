/**
 * Places for threads that read Parquet: two of them. Whoever takes nothing of what was read for him for half a minute
 * loses his place to the next one who waits.
 */
import { selectError } from './errors.ts';

const PLACES = 2;
const STALLED_MS = 30_000;

export class Place {
  readonly #end: () => void;
  #given = 0;
  #handing = false;
  #state: 'held' | 'stalled' | 'lost' | 'over' = 'held';
  constructor(end: () => void) {
    this.#end = end;
    this.#watch(0);
  }
  get isStalled(): boolean {
    return this.#state === 'stalled';
  }
  /** Before each row that is handed out. */
  handing(): void {
    this.#handing = true;
    this.#given++;
  }
  /** Behind it. Throws Busy where the place was lost meanwhile. */
  taken(): void {
    this.#handing = false;
    if (this.#state === 'lost') throw selectError('Busy');
    this.#state = 'held';
  }
  lose(): void {
    this.#state = 'lost';
    this.#end();
    free(this);
  }
  leave(): void {
    if (this.#state !== 'lost') free(this);
    this.#state = 'over';
  }
  #watch(before: number): void {
    AbortSignal.timeout(STALLED_MS).addEventListener('abort', () => {
      if (this.#state === 'lost' || this.#state === 'over') return;
      if (this.#handing && this.#given === before) this.#state = 'stalled';
      if (this.isStalled && waiting.length > 0) this.lose();
      else this.#watch(this.#given);
    });
  }
}

const held = new Set<Place>();
const waiting: (() => void)[] = [];

function free(place: Place): void {
  held.delete(place);
  waiting.shift()?.();
}

/** At once, or when there is one. `end` ends the work of whoever loses it. */
export async function placeFor(end: () => void): Promise<Place> {
  if (held.size >= PLACES) [...held].find(({ isStalled }) => isStalled)?.lose();
  while (held.size >= PLACES) await new Promise<void>((resolve) => waiting.push(resolve));
  const place = new Place(end);
  held.add(place);
  return place;
}
