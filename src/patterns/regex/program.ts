/** A regular expression as a program of few kinds of steps (Thompson's construction). */
import type { Characters } from './characters.ts';
import { type Assertion, type Node, RegexProblem } from './syntax.ts';

export type Step =
  | { readonly kind: 'set'; readonly set: Characters; next: number }
  | { readonly kind: 'assert'; readonly what: Assertion; next: number }
  | { readonly kind: 'save'; readonly slot: number; next: number }
  /** `next` is preferred. */
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'match' };

export interface Program {
  readonly steps: readonly Step[];
  readonly start: number;
  /** Of saved positions: two for the whole and for each group. */
  readonly slots: number;
}

/** @throws RegexProblem when it would have more steps than `stepsMax`. */
export function programOf(node: Node, captures: number, stepsMax: number): Program {
  const steps: Step[] = [];
  const add = (step: Step): number => {
    if (steps.length >= stepsMax) throw new RegexProblem('The regular expression is too large');
    return steps.push(step) - 1;
  };
  const start = emit(node, add({ kind: 'match' }), { steps, add });
  return { steps, start, slots: 2 * (captures + 1) };
}

interface Emitter {
  readonly steps: Step[];
  readonly add: (step: Step) => number;
}

/** The step at which `node`, followed by `next`, begins. */
function emit(node: Node, next: number, to: Emitter): number {
  switch (node.kind) {
    case 'set':
      return to.add({ kind: 'set', set: node.set, next });
    case 'assert':
      return to.add({ kind: 'assert', what: node.what, next });
    case 'sequence':
      return node.items.reduceRight((after, item) => emit(item, after, to), next);
    case 'choice':
      return choose(
        node.items.map((item) => emit(item, next, to)),
        to,
      );
    case 'group': {
      const inside = emit(node.item, to.add({ kind: 'save', slot: 2 * node.capture + 1, next }), to);
      return to.add({ kind: 'save', slot: 2 * node.capture, next: inside });
    }
    case 'repeat':
      return repeat(node, next, to);
  }
}

const choose = (starts: readonly number[], { add }: Emitter): number =>
  starts.reduceRight((other, next) => add({ kind: 'split', next, other }));

function repeat({ item, min, max, lazy }: Node & { kind: 'repeat' }, next: number, to: Emitter): number {
  const either = (more: number, enough: number) =>
    to.add(lazy ? { kind: 'split', next: enough, other: more } : { kind: 'split', next: more, other: enough });
  let start = next;
  if (max === Number.POSITIVE_INFINITY) {
    const loop = to.add({ kind: 'split', next, other: next });
    const body = emit(item, loop, to);
    to.steps[loop] = lazy ? { kind: 'split', next, other: body } : { kind: 'split', next: body, other: next };
    start = loop;
  } else {
    for (let count = min; count < max; count++) start = either(emit(item, start, to), next);
  }
  for (let count = 0; count < min; count++) start = emit(item, start, to);
  return start;
}
