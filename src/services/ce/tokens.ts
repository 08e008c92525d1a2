/** Pagination tokens: sealed, and bound to the parameters they were given for. */
import { InvalidNextTokenException, RequestChangedException } from '@aws-sdk/client-cost-explorer';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';

const PURPOSE = 'ce-next-page-token';

interface Asked {
  readonly NextPageToken?: string | undefined;
}

/** The items of the page that the request asks for, and the token of the next page. */
export function pageOf<T>(
  items: readonly T[],
  size: number,
  input: Asked,
  ctx: Context,
): { items: readonly T[]; page: { NextPageToken?: string } } {
  const { NextPageToken: token, ...question } = input;
  const asked = JSON.stringify([ctx.account, question]);
  const from = token === undefined ? 0 : offsetIn(token, asked, ctx);
  const to = from + size;
  const more = to < items.length;
  const next = more ? { NextPageToken: ctx.secrets.seal(PURPOSE, JSON.stringify([to, asked]), ctx.random(12)) } : {};
  return { items: items.slice(from, to), page: next };
}

function offsetIn(token: string, asked: string, ctx: Context): number {
  const opened = ctx.secrets.open(PURPOSE, token)?.toString();
  if (opened === undefined) {
    fail(InvalidNextTokenException, 'The pagination token is invalid. Try again without a pagination token.');
  }
  const [offset, before] = JSON.parse(opened) as [number, string];
  if (before !== asked) {
    fail(
      RequestChangedException,
      'Your request parameters changed between pages. Try again with the old parameters or without a pagination token.',
    );
  }
  return offset;
}
