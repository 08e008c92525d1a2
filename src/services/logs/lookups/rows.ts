/** Lookup tables: reference data that queries join to events. The data lies beside the rows, in pieces. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Context } from '../../../core/context.ts';
import { openUnder, sealUnder } from '../../../core/dataKeys.ts';
import type { Tag } from '../../../core/operation.ts';
import { table } from '../../../store/store.ts';
import { plainKey, type ResourceKey } from '../resourceKeys.ts';

export interface LookupTable {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly description?: string | undefined;
  /** Names of the columns. */
  readonly fields: readonly string[];
  readonly records: number;
  readonly bytes: number;
  /** Milliseconds. */
  readonly updated: number;
  readonly tags: readonly Tag[];
  readonly kms?: ResourceKey | undefined;
  /** Where its pieces lie, and how many there are. */
  readonly data: string;
  readonly pieces: number;
}

export const lookupTables = table<LookupTable>('logs_lookup_table', {
  key: ({ account, region, name }) => [account, region, name],
});

export const lookupTableArn = ({ account, region, name }: Pick<LookupTable, 'account' | 'region' | 'name'>) =>
  `arn:aws:logs:${region}:${account}:lookup-table:${name}`;

const PIECE_BYTES = 512 * 1024;
const pieceId = (data: string, piece: number) => `logs-lookup/${data}/${piece}`;

/** Keeps the text under a new name; how many pieces it has. `key`: what it is sealed under. */
export function keepText(ctx: Context, data: string, text: string, key: Uint8Array | undefined): number {
  const { store } = ctx;
  const plain = zstdCompressSync(text);
  const packed = key ? sealUnder(key, plain, ctx.random(12), data) : plain;
  const pieces = Math.max(1, Math.ceil(packed.length / PIECE_BYTES));
  for (let piece = 0; piece < pieces; piece++) {
    store.putBytes(pieceId(data, piece), packed.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES));
  }
  return pieces;
}

/** @throws AccessDeniedException where its key is of no use (any more) */
export async function textOfTable(ctx: Context, table: LookupTable): Promise<string> {
  const { store } = ctx;
  const { data, pieces, kms } = table;
  const packed: Uint8Array[] = [];
  for (let piece = 0; piece < pieces; piece++)
    packed.push((await store.bytes(pieceId(data, piece))) ?? Buffer.alloc(0));
  const bytes = Buffer.concat(packed);
  const plain = kms ? openUnder(await plainKey(ctx, kms, lookupTableArn(table)), bytes, data) : bytes;
  return zstdDecompressSync(plain).toString();
}

export function dropText({ store }: Pick<Context, 'store'>, { data, pieces }: LookupTable): void {
  for (let piece = 0; piece < pieces; piece++) store.dropBytes(pieceId(data, piece));
}
