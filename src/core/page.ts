/**
 * Pages of lists. A token is opaque to clients and a store cursor to us. Services differ in what they call size and
 * token and in how they refuse a token that is not theirs; how a page is made is the same.
 */
import type { Key, Page, PageRequest, Table } from '../store/store.ts';
import type { Context } from './context.ts';

/** The token that stands for a cursor. */
export const tokenOf = (cursor: string) => Buffer.from(cursor, 'utf8').toString('base64url');

/**
 * The cursor in a token, or undefined if it is not one of ours; the caller raises its service's own error. A forged
 * cursor does no harm: the store clamps it into the prefix that is listed.
 */
export function cursorOf(token: string): string | undefined {
  const cursor = Buffer.from(token, 'base64url').toString('utf8');
  return cursor !== '' && tokenOf(cursor) === token ? cursor : undefined;
}

interface Habits<Size extends string, Token extends string, End> {
  /** The member that says how much is asked for, and how much it is when nobody says. */
  readonly size: Size;
  readonly standard: number;
  /** However much is asked for. */
  readonly most?: number;
  readonly token: Token;
  /** What an answer ends with: the next page's token, if there is a next page. */
  readonly end: (token: string | undefined) => End;
  /** @throws the service's refusal of a token that it never gave */
  readonly refuse: (token: string) => never;
}

type Input<Size extends string, Token extends string> = { readonly [K in Size]?: number | undefined } & {
  readonly [K in Token]?: string | undefined;
};

interface Listing<R> extends Partial<Pick<PageRequest, 'startsWith' | 'from'>> {
  readonly index?: string | undefined;
  readonly standard?: number;
  /** Leaves out rows that no index leaves out. A page is shorter than asked where very many are left out. */
  readonly keep?: ((row: R) => boolean) | undefined;
  /** No row behind this one can be of interest. */
  readonly isPast?: (row: R) => boolean;
}

/** How a service pages. */
export function paging<Size extends string, Token extends string, End>(habits: Habits<Size, Token, End>) {
  type Asked = Input<Size, Token>;
  const cursorIn = (input: Asked): string | undefined => {
    const token = input[habits.token] as string | undefined;
    return token === undefined ? undefined : (cursorOf(token) ?? habits.refuse(token));
  };
  const sizeOf = (input: Asked, standard = habits.standard) =>
    Math.min((input[habits.size] as number | undefined) ?? standard, habits.most ?? Number.POSITIVE_INFINITY);
  const end = (cursor: string | undefined): End => habits.end(cursor === undefined ? undefined : tokenOf(cursor));

  return {
    cursorIn,
    sizeOf,
    end,
    /** A page of rows, by key or by a declared index. */
    async rows<R>(ctx: Pick<Context, 'store'>, table: Table<R>, prefix: Key, input: Asked, listing: Listing<R> = {}) {
      const { keep, isPast, standard, index, startsWith, from } = listing;
      const where = { ...(index !== undefined && { index }), startsWith, from };
      const list: List<R> = (limit, after) => ctx.store.list(table, prefix, { ...where, limit, after });
      const limit = sizeOf(input, standard);
      const after = cursorIn(input);
      const { rows, next } = await (keep ? kept(list, limit, after, keep, isPast) : list(limit, after));
      return { rows, page: end(next) };
    },
    /** A page of a list that is at hand. */
    items<T>(items: readonly T[], input: Asked, standard?: number) {
      const from = Number(cursorIn(input) ?? 0);
      if (!Number.isSafeInteger(from) || from < 0) habits.refuse(String(input[habits.token]));
      const to = from + sizeOf(input, standard);
      return { items: items.slice(from, to), page: end(to < items.length ? String(to) : undefined) };
    },
  };
}

type List<R> = (limit: number, after: string | undefined) => Promise<Page<R>>;

/** How many rows one page looks at for those that it keeps. */
const LOOKED_AT_MAX = 20_000;
const BATCH = 200;

async function kept<R>(
  list: List<R>,
  limit: number,
  from: string | undefined,
  keep: (row: R) => boolean,
  isPast: (row: R) => boolean = () => false,
): Promise<Page<R>> {
  const found: R[] = [];
  let after = from;
  for (let seen = BATCH; limit > 0; seen += BATCH) {
    const batch = await list(BATCH, after);
    const places = [...batch.rows.keys()].filter((place) => keep(batch.rows[place]!));
    const room = limit - found.length;
    if (places.length > room) {
      // The page ends behind the last row that it has room for.
      const { rows, next } = await list(places[room - 1]! + 1, after);
      return { rows: [...found, ...rows.filter(keep)], ...(next !== undefined && { next }) };
    }
    found.push(...places.map((place) => batch.rows[place]!));
    after = batch.next;
    if (after === undefined || isPast(batch.rows.at(-1)!)) return { rows: found };
    if (found.length === limit || seen >= LOOKED_AT_MAX) return { rows: found, next: after };
  }
  return { rows: found };
}
