/**
 * Where the leftmost match of a program is, and what its groups hold: all ways through the program are followed side by
 * side, in order of preference, so that a text of n characters costs at most n times the program's steps (Pike's
 * machine).
 */

import { type Fuel, holds, NO_CHARACTER, sideOf, TooCostly } from './automaton.ts';
import { type Characters, has, joined, type Range } from './characters.ts';
import type { Program } from './program.ts';

const FUEL = 3_000_000;

/** Begin and end of the whole and of each group; -1 for a group that took no part. */
export type Places = readonly number[];

interface Thread {
  readonly at: number;
  readonly places: Places;
}

/** The leftmost match at or after `from`. @throws TooCostly */
export function capturesOf(
  program: Program,
  text: string,
  from: number,
  fuel: Fuel = { left: FUEL },
): Places | undefined {
  let threads: Thread[] = [];
  let found: Places | undefined;
  const first = firstOf(program);
  const none = Array.from({ length: program.slots }, () => -1);
  for (let place = from; place <= text.length; place++) {
    const unit = place < text.length ? text.charCodeAt(place) : -1;
    const sides = [
      place > 0 ? sideOf(text.charCodeAt(place - 1)) : NO_CHARACTER,
      unit < 0 ? NO_CHARACTER : sideOf(unit),
    ];
    const mayBegin = !found && (first === undefined || (unit >= 0 && has(first, unit)));
    if (mayBegin) threads.push({ at: program.start, places: none.with(0, place) });
    if (threads.length === 0) {
      if (found) break;
      continue;
    }
    const next: Thread[] = [];
    const seen = new Uint8Array(program.steps.length);
    for (const thread of threads) {
      const ready = follow(program, thread, place, sides as [number, number], seen);
      fuel.left -= ready.length + 2;
      const ended = advance(program, ready, unit, next);
      if (ended) {
        found = ended.with(1, place);
        break; // What comes after is less preferred.
      }
    }
    if (fuel.left < 0) throw new TooCostly('The regular expression is too complex for this text.');
    threads = next;
  }
  return found;
}

/** Moves on over one character; the places of a way that is at its end, when one is. */
function advance({ steps }: Program, ready: readonly Thread[], unit: number, next: Thread[]): Places | undefined {
  for (const { at, places } of ready) {
    const step = steps[at]!;
    if (step.kind === 'match') return places;
    if (step.kind === 'set' && unit >= 0 && has(step.set, unit)) next.push({ at: step.next, places });
  }
  return undefined;
}

/** The steps that wait for a character, or are the end, reached from this one; the preferred first. */
function follow(
  { steps }: Program,
  from: Thread,
  place: number,
  [before, after]: readonly [number, number],
  seen: Uint8Array,
): Thread[] {
  const ready: Thread[] = [];
  const waiting: Thread[] = [from];
  for (let thread = waiting.pop(); thread; thread = waiting.pop()) {
    const { at, places } = thread;
    if (seen[at]) continue;
    seen[at] = 1;
    const step = steps[at]!;
    if (step.kind === 'split') waiting.push({ at: step.other, places }, { at: step.next, places });
    else if (step.kind === 'save') waiting.push({ at: step.next, places: places.with(step.slot, place) });
    else if (step.kind !== 'assert') ready.push(thread);
    else if (holds(step.what, before, after)) waiting.push({ at: step.next, places });
  }
  return ready;
}

const firsts = new WeakMap<Program, { readonly set: Characters | undefined }>();

/** The characters that a match may begin with; undefined where it may be empty. */
function firstOf(program: Program): Characters | undefined {
  let known = firsts.get(program);
  if (!known) firsts.set(program, (known = { set: firstIn(program) }));
  return known.set;
}

function firstIn({ steps, start }: Program): Characters | undefined {
  const ranges: Range[] = [];
  const seen = new Set<number>();
  const waiting = [start];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const step = steps[at]!;
    if (step.kind === 'match') return undefined;
    if (step.kind === 'set') ranges.push(...step.set);
    else if (step.kind === 'split') waiting.push(step.next, step.other);
    else waiting.push(step.next);
  }
  return joined(ranges);
}
