/**
 * The condition keys of KMS. https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 */
import type { Context } from '../../core/context.ts';
import type { EncryptionContext } from './ciphertexts.ts';
import type { Key } from './keys.ts';

export type Conditions = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Who calls through what. */
export const callerConditions = (ctx: Context) => ({
  'kms:CallerAccount': ctx.caller.account || undefined,
  'kms:ViaService': viaService(ctx),
});

/** What every operation on a key carries: who calls through what, and the properties of the key. */
export function keyConditions(ctx: Context, key: Key | undefined, requestAlias: string | undefined) {
  const conditions: Record<string, string | readonly string[] | undefined> = {
    ...callerConditions(ctx),
    'kms:RequestAlias': requestAlias,
  };
  if (!key) return conditions;
  conditions['kms:KeySpec'] = conditions['kms:CustomerMasterKeySpec'] = key.spec;
  conditions['kms:KeyUsage'] = conditions['kms:CustomerMasterKeyUsage'] = key.usage;
  conditions['kms:KeyOrigin'] = key.origin;
  conditions['kms:MultiRegion'] = String(key.multiRegion !== undefined);
  conditions['kms:MultiRegionKeyType'] = key.multiRegion?.type;
  if (key.aliases.length > 0) conditions['kms:ResourceAliases'] = key.aliases;
  return conditions;
}

/** `s3.us-east-1.amazonaws.com`: the service that calls on the principal's behalf. */
export function viaService({ calledVia, region }: Context): string | undefined {
  const service = calledVia?.at(-1);
  return service?.endsWith('.amazonaws.com') ? service.replace('.', `.${region}.`) : service;
}

/** `kms:EncryptionContext:…` and `kms:EncryptionContextKeys`. */
export function contextConditions(context: EncryptionContext | undefined): Conditions {
  const names = Object.keys(context ?? {});
  if (!context || names.length === 0) return {};
  const conditions: Record<string, string | readonly string[]> = { 'kms:EncryptionContextKeys': names };
  for (const name of names) conditions[`kms:EncryptionContext:${name}`] = context[name]!;
  return conditions;
}

/** Absent unless the request has it: policies ask with `Null` whether it has. */
export const bypass = (asked: boolean | undefined) => (asked === undefined ? undefined : String(asked));
