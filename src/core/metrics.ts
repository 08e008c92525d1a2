/**
 * What services measure: how CloudWatch learns of it. A measurement is an entry of the journal (kind `metric`), durable
 * with the write set it belongs to and never counted twice; CloudWatch's follower adds it to the metric's minute, and
 * the entry goes soon after. Telling costs an append and cannot make requests conflict.
 *
 * Tell all that one call measured at once (`metrics`), and what a follower's batch measured as one sum (`count`).
 */
import type { JournalEntry, Transaction } from '../store/store.ts';
import { timeUuid } from './ids.ts';

const METRIC_KIND = 'metric';

/** Values of one metric at one moment. Either `values` (each `counts` times, else once) or `set`. */
export interface Sample {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  readonly unit: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Kept to the second, not to the minute. */
  readonly highResolution?: true | undefined;
  readonly values?: readonly number[] | undefined;
  readonly counts?: readonly number[] | undefined;
  readonly set?:
    | { readonly count: number; readonly sum: number; readonly min: number; readonly max: number }
    | undefined;
}

/** Body of a journal entry of kind `metric`. */
export interface Samples {
  readonly account: string;
  readonly region: string;
  readonly samples: readonly Sample[];
}

/** A request's context will do; a follower makes one of its entry: `{ store: tx, now: new Date(entry.time), … }`. */
export interface Measurer {
  readonly store: Pick<Transaction, 'append'>;
  readonly now: Date;
  readonly account: string;
  readonly region: string;
}

export interface Point {
  readonly name: string;
  readonly value: number;
  /** As CloudWatch spells it: `Count`, `Bytes`, `Milliseconds`, `None`. */
  readonly unit: string;
  /** How often that value was measured; once when absent. */
  readonly count?: number | undefined;
}

export interface Measurement {
  /** `AWS/SQS`. */
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
  /** Whose metric; else the context's. */
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

/** Tells CloudWatch what one call (or one batch) measured. */
export function metrics(ctx: Measurer, measured: Measurement): void {
  const time = ctx.now.getTime();
  const dimensions = Object.entries(measured.dimensions);
  const samples = measured.points.map(({ name, value, unit, count = 1 }) => {
    const { namespace } = measured;
    return { namespace, name, dimensions, unit, time, values: [value], ...(count !== 1 && { counts: [count] }) };
  });
  tellSamples(ctx, { account: measured.account ?? ctx.account, region: measured.region ?? ctx.region, samples });
}

/** Where these entries lie in the journal: in one place for all accounts, so that old ones are found together. */
export const METRICS_PLACE = { kind: METRIC_KIND, account: '', region: '' } as const;

/** Samples in one entry: those who follow take many entries at a time, and shall not take long. */
const SAMPLES_AN_ENTRY = 50;

export function tellSamples({ store, now }: Pick<Measurer, 'store' | 'now'>, told: Samples): void {
  for (let at = 0; at < told.samples.length; at += SAMPLES_AN_ENTRY) {
    const part: Samples = { ...told, samples: told.samples.slice(at, at + SAMPLES_AN_ENTRY) };
    const id = timeUuid(now, NO_DICE); // Nobody looks one up by its id.
    store.append({ ...METRICS_PLACE, id, time: now.getTime(), body: JSON.stringify(part) } satisfies JournalEntry);
  }
}

const NO_DICE = { random: (bytes: number) => new Uint8Array(bytes) };
