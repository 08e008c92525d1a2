/**
 * The keys that digest files are signed with: a pair for each Region, for a month, so that whoever validates asks
 * CloudTrail in that Region for the public keys of the time.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
 */
import { createHash, createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import {
  InvalidTimeRangeException,
  InvalidTokenException,
  type ListPublicKeysRequest,
  type ListPublicKeysResponse,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

interface SigningKey {
  readonly region: string;
  /** Milliseconds: signs from, until. */
  readonly from: number;
  readonly until: number;
  readonly fingerprint: string;
  /** DER of PKCS #1, in base 64. */
  readonly value: string;
  /** DER of PKCS #8, sealed. */
  readonly sealed: string;
}

const signingKeys = table<SigningKey>('trail_signing_key', {
  key: (k) => [k.region, String(k.from).padStart(15, '0')],
});

const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;
const KEYS_MAX = 1000;
const PURPOSE = 'cloudtrail-signing-key';
const pairOf = promisify(generateKeyPair);

export interface Signer {
  readonly fingerprint: string;
  readonly key: KeyObject;
}

const opened = new WeakMap<SigningKey, Signer>();

const KEYS_AT_ONCE = 2;

/**
 * Makes keys for Regions that have none, a few at a time since that takes long; whether it made any. In a write set of
 * its own: what is made must not be lost to a race.
 */
export async function makeSigners(ctx: Context, regions: readonly string[]): Promise<boolean> {
  const without: string[] = [];
  for (const region of regions) if (!(await currentKey(ctx, region))) without.push(region);
  for (const region of without.slice(0, KEYS_AT_ONCE)) await newKey(ctx, region);
  return without.length > 0;
}

async function currentKey(ctx: Context, region: string): Promise<SigningKey | undefined> {
  const { rows } = await ctx.store.list(signingKeys, [region], { limit: KEYS_MAX });
  const now = ctx.now.getTime();
  return rows.findLast(({ from, until }) => from <= now && now < until);
}

/** The key that signs in a Region now; made when there is none. */
export async function signerIn(ctx: Context, region: string): Promise<Signer> {
  const row = (await currentKey(ctx, region)) ?? (await newKey(ctx, region));
  let signer = opened.get(row);
  if (!signer) {
    const der = ctx.secrets.open(PURPOSE, row.sealed);
    if (!der) throw new Error(`The key that signs digest files in ${region} is sealed under another root key.`);
    signer = { fingerprint: row.fingerprint, key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
    opened.set(row, signer);
  }
  return signer;
}

async function newKey(ctx: Context, region: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await pairOf('rsa', { modulusLength: 2048 });
  const value = publicKey.export({ format: 'der', type: 'pkcs1' });
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const row: SigningKey = {
    region,
    from: ctx.now.getTime() - DAY_MS,
    until: ctx.now.getTime() + MONTH_MS,
    fingerprint: createHash('md5').update(value).digest('hex'),
    value: value.toString('base64'),
    sealed: ctx.secrets.seal(PURPOSE, pkcs8, ctx.random(12)),
  };
  await ctx.store.replace(signingKeys, row);
  return row;
}

const PAGE = 50;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html */
export const ListPublicKeys: Operation<ListPublicKeysRequest, ListPublicKeysResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const start = (input.StartTime ?? ctx.now).getTime();
    const end = (input.EndTime ?? ctx.now).getTime();
    if (start > end) fail(InvalidTimeRangeException, 'The start time must be before or the same as the end time.');
    const skipped = Number(input.NextToken ?? 0);
    if (!Number.isSafeInteger(skipped) || skipped < 0) fail(InvalidTokenException, 'Invalid NextToken.');
    const { rows } = await ctx.store.list(signingKeys, [ctx.region], { limit: KEYS_MAX });
    const valid = rows.filter(({ from, until }) => from <= end && until >= start);
    return {
      PublicKeyList: valid.slice(skipped, skipped + PAGE).map((key) => ({
        Value: Buffer.from(key.value, 'base64'),
        ValidityStartTime: new Date(key.from),
        ValidityEndTime: new Date(key.until),
        Fingerprint: key.fingerprint,
      })),
      ...(valid.length > skipped + PAGE && { NextToken: String(skipped + PAGE) }),
    };
  },
};
