/**
 * What listings of keys have in common: pages of rows in the order of keys, with the keys behind a delimiter rolled up.
 * What lies behind a common prefix is not read: the next row is looked for behind all of it.
 */
import { successor } from '../../store/keys.ts';
import { invalidArgument, s3Error } from './errors.ts';
import { sortable } from './versions.ts';

const KEYS_MAX = 1000;

/** Keys of a page, 0 to 1,000. Throws InvalidArgument. */
export function pageSize(asked: number | undefined, name = 'max-keys'): number {
  if (asked === undefined) return KEYS_MAX;
  if (!Number.isInteger(asked) || asked < 0 || asked > 2_147_483_647) {
    throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, name, String(asked));
  }
  return Math.min(asked, KEYS_MAX);
}

/** How keys are written in the answer: as they are, or percent-encoded where XML could not hold them. */
export function encoder(type: string | undefined): (text: string) => string {
  if (type === undefined) return (text) => text;
  if (type !== 'url') throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', type);
  return (text) =>
    encodeURIComponent(text)
      .replace(/[!'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%2F', '/')
      .replaceAll('%20', '+');
}

export interface Question<R> {
  readonly prefix: string;
  readonly delimiter: string;
  /** Only keys after this one; a common prefix counts as a key. */
  readonly after: string;
  /** Only rows after this one, of its key too. */
  readonly afterRow?: R | undefined;
  readonly limit: number;
}

export interface Listed<R> {
  readonly rows: readonly R[];
  readonly prefixes: readonly string[];
  /** Present when there is more: the last key or common prefix of this page. */
  readonly next?: string;
}

/** Where to go on: at this place in the order of `sortable` keys, and behind this row where it is of that key. */
export interface From<R> {
  readonly from: string;
  readonly after?: R;
}

/** Reads so many rows, fewer where there are no more. */
export type ReadRows<R> = (place: From<R>, limit: number) => Promise<readonly R[]>;

const FIRST_LOOK = 2;

/** Rows in the order of their keys, one or several of each. */
export async function listKeys<R extends { readonly key: string }>(
  question: Question<R>,
  read: ReadRows<R>,
): Promise<Listed<R>> {
  const { prefix, delimiter, limit } = question;
  const rows: R[] = [];
  const prefixes: string[] = [];
  if (limit === 0) return { rows, prefixes };
  let last = '';
  let place = startOf(question);
  for (let wanted = delimiter === '' ? limit + 1 : FIRST_LOOK; ; ) {
    const found = await read(place, wanted);
    let jump: string | undefined;
    for (const row of found) {
      const common = commonPrefix(row.key, prefix, delimiter);
      if (rows.length + prefixes.length === limit) return { rows, prefixes, next: last };
      last = common ?? row.key;
      if (common === undefined) {
        rows.push(row);
        continue;
      }
      prefixes.push(common);
      jump = behind(common);
      break;
    }
    if (jump === undefined && found.length < wanted) return { rows, prefixes };
    place = jump === undefined ? placeAfter(found.at(-1)!) : { from: jump };
    // Few rows at a time while there is a folder in each look, more where there are none.
    wanted = jump === undefined ? Math.min(limit + 1 - rows.length - prefixes.length, 4 * wanted) : FIRST_LOOK;
  }
}

const placeAfter = <R extends { readonly key: string }>(row: R): From<R> => ({ from: sortable(row.key), after: row });

function startOf<R extends { readonly key: string }>({ prefix, delimiter, after, afterRow }: Question<R>): From<R> {
  if (afterRow) return placeAfter(afterRow);
  if (after === '') return { from: sortable(prefix) };
  return { from: commonPrefix(after, prefix, delimiter) === after ? behind(after) : justBehind(after) };
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** The first place after all keys that begin so. */
const behind = (prefix: string) => successor(sortable(prefix));

/** The first place after this key: no part of a key begins with less than a space. */
export const justBehind = (key: string) => `${sortable(key)} `;

/** A continuation token: a key, in letters and digits. */
export const tokenOfKey = (key: string) => Buffer.from(`1${key}`).toString('base64url');

/** Throws InvalidArgument for a token that is none of ours. */
export function keyOfToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (text.startsWith('1') && tokenOfKey(text.slice(1)) === token) return text.slice(1);
  throw s3Error('InvalidArgument', {
    message: 'The continuation token provided is incorrect',
    details: { ArgumentName: 'continuation-token' },
  });
}
