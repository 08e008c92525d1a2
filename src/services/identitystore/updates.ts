/**
 * Attribute operations: a path (`name.givenName`, `emails`) and the value to set there; without a value the attribute
 * goes. Paths are spelled as in SCIM, rows as in the API.
 */
import type { AttributeOperation } from '@aws-sdk/client-identitystore';
import { failInvalid } from './errors.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** `givenName` → `GivenName`. */
const memberOf = (segment: string) => segment.charAt(0).toUpperCase() + segment.slice(1);

/** The attributes after the operations, in their order. `known` are the attributes that there are. */
export function updated(
  attributes: Attributes,
  operations: readonly AttributeOperation[],
  known: ReadonlySet<string>,
): Attributes {
  let result = attributes;
  for (const { AttributePath, AttributeValue } of operations) {
    const path = AttributePath!.split('.').map(memberOf);
    if (!known.has(path[0]!)) failInvalid(`The attribute path ${AttributePath} is not supported.`);
    result = withValue(result, path, capitalized(AttributeValue));
  }
  return result;
}

function withValue(into: Attributes, [name, ...rest]: readonly string[], value: unknown): Attributes {
  const { [name!]: before, ...others } = into;
  if (rest.length > 0) {
    if (Array.isArray(before)) failInvalid('A list is replaced as a whole.');
    const inner = withValue((before as Attributes | undefined) ?? {}, rest, value);
    return Object.keys(inner).length === 0 ? others : { ...others, [name!]: inner };
  }
  return value === undefined || value === null ? others : { ...others, [name!]: value };
}

/** Members of documents may be spelled either way. */
function capitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitalized);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [memberOf(name), capitalized(inner)]));
}
