/**
 * Attribute operations: a path (`name.givenName`, `emails`) and the value to set there; without a value the attribute
 * goes. Paths are spelled as in SCIM, rows as in the API.
 */

import { isDeepStrictEqual } from 'node:util';
import type { AttributeOperation } from '@aws-sdk/client-identitystore';
import { checkLimits } from '../../core/constraints.ts';
import { plainJson } from '../../protocols/json.ts';
import { inputOf, type Shape, schemaFacts } from '../../protocols/schema.ts';
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
    // What is in an extension is named as its makers do.
    result = withValue(result, path, path[0] === 'Extensions' ? AttributeValue : capitalized(AttributeValue));
  }
  return result;
}

/** Attributes that might have been created so: of the model's kinds and within its limits. */
export async function requireCreatable(
  operation: 'CreateUser' | 'CreateGroup',
  attributes: Attributes,
  store: string,
): Promise<void> {
  // Which needs the operations, and so this file.
  const { identitystore } = await import('./index.ts');
  const input = { ...attributes, IdentityStoreId: store };
  const read = readAs(inputOf(identitystore, operation)!, input);
  checkLimits(identitystore, operation, read, schemaFacts(identitystore));
  const odd = Object.entries(input).find(([name, value]) => !isDeepStrictEqual(plain(value), plain(read[name])));
  if (odd) failInvalid(`The value of ${odd[0]} is not valid.`);
}

function readAs(shape: Shape, input: Attributes): Attributes {
  try {
    return plainJson.decode(shape)(input) as Attributes;
  } catch {
    return failInvalid('The value of an attribute is not of its type.');
  }
}

const plain = (value: unknown): unknown => value && JSON.parse(JSON.stringify(value));

function withValue(into: Attributes, [name, ...rest]: readonly string[], value: unknown): Attributes {
  const { [name!]: before, ...others } = into;
  if (rest.length > 0) {
    if (Array.isArray(before)) failInvalid('A list is replaced as a whole.');
    const inner = withValue((before as Attributes | undefined) ?? {}, rest, value);
    return Object.keys(inner).length === 0 ? others : { ...others, [name!]: inner };
  }
  return value === undefined || value === null ? others : { ...others, [name!]: value };
}

/** Members of documents may be spelled either way; null says that there is none. */
function capitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitalized);
  if (typeof value !== 'object' || value === null) return value;
  const said = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(said.map(([name, inner]) => [memberOf(name), capitalized(inner)]));
}
