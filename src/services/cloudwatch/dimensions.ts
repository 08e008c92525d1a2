/** Dimensions as they come in, checked; and as they go out. */
import type { Dimension } from '@aws-sdk/client-cloudwatch';
import type { MetricName } from './metricRows.ts';
import { badValue, invalidValue, missing } from './words.ts';

/** ASCII, no control characters, something besides blanks. */
const PRINTABLE = /^(?=.*[^ ])[\x20-\x7e]+$/;

/**
 * @throws MissingRequiredParameterException, InvalidParameterValueException
 * @param member how the list is called in messages: `MetricData.member.1.Dimensions`
 */
export function dimensionsOf(dimensions: readonly Dimension[] | undefined, member: string): MetricName['dimensions'] {
  const pairs = (dimensions ?? []).map(({ Name, Value }, at): readonly [string, string] => {
    const place = `${member}.member.${at + 1}`;
    if (Name === undefined || Name === '') return missing(`${place}.Name`);
    if (Value === undefined || Value === '') return missing(`${place}.Value`);
    if (!PRINTABLE.test(Name) || Name.startsWith(':') || Name.length > 255) badValue(Name, `${place}.Name`);
    if (!PRINTABLE.test(Value) || Value.length > 1024) badValue(Value, `${place}.Value`);
    return [Name, Value];
  });
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) {
    invalidValue(`The parameter ${member} must not contain the same dimension name twice.`);
  }
  return pairs;
}

export const dimensionList = (dimensions: MetricName['dimensions']): Dimension[] =>
  dimensions.map(([Name, Value]) => ({ Name, Value }));
