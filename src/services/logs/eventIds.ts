/**
 * The place of an event among all events of its group: by its time, then by the time its batch came in, then the batch,
 * then its place there. Its id is the same as 56 digits, so ids sort as events do.
 */
import type { Segment } from './segments.ts';
import { moment } from './segments.ts';

export interface Place {
  readonly time: number;
  /** Id of the segment: 35 digits. */
  readonly segment: string;
  readonly index: number;
}

export function comparePlaces(a: Place, b: Place): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.segment !== b.segment) return a.segment < b.segment ? -1 : 1;
  return a.index - b.index;
}

export const idOf = ({ time, segment, index }: Place) => `3${moment(time)}${segment}${String(index).padStart(5, '0')}`;

/** Undefined for what is no id of ours. */
export function placeOf(id: string): Place | undefined {
  if (!/^3\d{55}$/.test(id)) return undefined;
  return { time: Number(id.slice(1, 16)), segment: id.slice(16, 51), index: Number(id.slice(51)) };
}

/** Before all events of a moment, and after them. */
export const beforeMoment = (time: number): Place => ({ time, segment: '0'.repeat(35), index: 0 });
export const afterMoment = (time: number): Place => ({ time, segment: '9'.repeat(35), index: 99_999 });

/** What leads to one event again: its segment's key and its place in it. */
export interface Pointer extends Pick<Segment, 'group' | 'stream' | 'level' | 'first' | 'id'> {
  readonly index: number;
}

/** `@ptr` of Logs Insights. */
export function pointerText({ group, stream, level, first, id, index }: Pointer): string {
  return Buffer.from(JSON.stringify([group, stream, level, first, id, index])).toString('base64url');
}

export function pointerIn(text: string): Pointer | undefined {
  try {
    const [group, stream, level, first, id, index] = JSON.parse(Buffer.from(text, 'base64url').toString());
    const texts = [group, stream, id].every((part) => typeof part === 'string');
    const numbers = [level, first, index].every((part) => Number.isSafeInteger(part));
    return texts && numbers ? { group, stream, level, first, id, index } : undefined;
  } catch {
    return undefined;
  }
}
