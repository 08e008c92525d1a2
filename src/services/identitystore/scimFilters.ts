/** Filters: `attribute eq "value"`, two of them with `and`. RFC 7644, section 3.4.2.2, as far as AWS goes. */
import { cursorOf, tokenOf } from '../../core/page.ts';
import { failInvalid } from './scimErrors.ts';

/** Attribute in lower case → value. */
export type Filter = Readonly<Record<string, string>>;

const COMPARISON = String.raw`\s*([\w.:$]+)\s+eq\s+"((?:[^"\\]|\\.)*)"\s*`;
const FILTER = new RegExp(`^${COMPARISON}(?:\\sand${COMPARISON})?$`, 'i');

function filterOf(text: string): Filter {
  const [, one, first, two, second] = FILTER.exec(text) ?? failInvalid('Invalid Filter format');
  const filter: Record<string, string> = { [nameOf(one!)]: unquoted(first!) };
  if (two === undefined) return filter;
  if (Object.hasOwn(filter, nameOf(two))) failInvalid('Invalid Filter format');
  return { ...filter, [nameOf(two)]: unquoted(second!) };
}

/** `members` and `members.value` mean the same, as do `manager` and its long name. */
const nameOf = (name: string) =>
  name
    .toLowerCase()
    .replace(/^urn:[\w.:]*:user:/, '')
    .replace(/^(members|groups|manager)\.value$/, '$1');

function unquoted(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return failInvalid('Invalid Filter format');
  }
}

export interface ListRequest {
  readonly filter: Filter | undefined;
  readonly count: number;
  /** Present, if only as the empty text, when the client pages by cursor. */
  readonly cursor: string | undefined;
  /** Where the store goes on. */
  readonly after: string | undefined;
  readonly text: string;
}

const COUNT_MAX = 100;

/** `startIndex` beyond the first page is refused: pages go on by cursor. */
export function listRequestOf(query: string): ListRequest {
  const asked = new URLSearchParams(query);
  const text = asked.get('filter') ?? '';
  const count = Number(asked.get('count') ?? COUNT_MAX);
  if (!Number.isInteger(count) || count < 1) failInvalid('count must be a number from 1 to 100.');
  if (Number(asked.get('startIndex') ?? 1) > 1) failInvalid('startIndex is not supported: use cursor.');
  const cursor = asked.get('cursor') ?? undefined;
  const filter = text === '' ? undefined : filterOf(text);
  return { filter, count: Math.min(count, COUNT_MAX), cursor, after: afterOf(cursor, text), text };
}

function afterOf(cursor: string | undefined, text: string): string | undefined {
  if (!cursor) return undefined;
  const said = cursorOf(cursor) ?? failInvalid('Invalid cursor');
  if (!said.startsWith(`${text}\n`)) failInvalid('Invalid cursor');
  return said.slice(text.length + 1);
}

const LIST_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** A page of resources. `next` is where the store goes on. */
export function listResponse({ cursor, text }: ListRequest, Resources: readonly object[], next?: string): object {
  const schemas = [LIST_RESPONSE];
  const itemsPerPage = Resources.length;
  if (cursor === undefined) return { totalResults: itemsPerPage, itemsPerPage, startIndex: 1, schemas, Resources };
  return { itemsPerPage, ...(next !== undefined && { nextCursor: tokenOf(`${text}\n${next}`) }), schemas, Resources };
}

/** The one key of the filter that decides, out of those that the resource knows; refuses the rest. */
export function shapeOf(filter: Filter, known: readonly string[]): string {
  const shape = Object.keys(filter).toSorted().join('+');
  return known.includes(shape) ? shape : failInvalid('Invalid Filter format');
}
