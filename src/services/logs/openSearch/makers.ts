/** Ways to make a function of values. */
import type { Fn } from '../insights/functions.ts';
import type { Value } from '../insights/values.ts';
import { said } from './values.ts';

export const any = (least: number, most: number, run: (...values: Value[]) => Value): Fn => ({ least, most, run });

/** Null where a value is null. */
export const strict = (
  least: number,
  most: number,
  run: (...values: [Value, Value, Value, ...Value[]]) => Value,
): Fn => ({
  least,
  most,
  run: (...values) => (values.includes(null) ? null : run(...(values as [Value, Value, Value, ...Value[]]))),
});

/** Of texts: the first value as text. */
export const ofText = (
  least: number,
  most: number,
  run: (text: string, ...rest: [Value, Value, ...Value[]]) => Value,
): Fn => strict(least, most, (value, ...rest) => run(said(value) ?? '', ...rest));
