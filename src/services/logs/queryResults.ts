/** What came out of a query, from where its pieces lie. */
import { zstdDecompressSync } from 'node:zlib';
import type { ResultField } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { PIECE_RESULTS, pieceId, type Query } from './queryRows.ts';

/** Rows `from` up to but without `to`. */
export async function resultsBetween(
  { store }: Pick<Context, 'store'>,
  query: Query,
  from: number,
  to: number,
): Promise<ResultField[][]> {
  const results: ResultField[][] = [];
  for (let piece = Math.floor(from / PIECE_RESULTS); piece * PIECE_RESULTS < to; piece++) {
    const bytes = await store.bytes(pieceId(query, piece));
    if (!bytes) break;
    const all = JSON.parse(zstdDecompressSync(bytes).toString()) as ResultField[][];
    const begin = piece * PIECE_RESULTS;
    results.push(...all.slice(Math.max(0, from - begin), to - begin));
  }
  return results;
}

export const allResults = (ctx: Pick<Context, 'store'>, query: Query): Promise<ResultField[][]> =>
  resultsBetween(ctx, query, 0, query.results);
