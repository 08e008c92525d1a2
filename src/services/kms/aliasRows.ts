/** Rows of aliases. */
import { table } from '../../store/store.ts';

export interface Alias {
  readonly account: string;
  readonly region: string;
  /** `alias/…` */
  readonly name: string;
  readonly keyId: string;
  /** ISO 8601. */
  readonly created: string;
  readonly updated: string;
}

export const aliases = table<Alias>('kms_alias', {
  key: (alias) => [alias.account, alias.region, alias.name],
  indexes: { key: (alias) => [[alias.account, alias.region, alias.keyId]] },
});

export const aliasArn = ({ account, region }: { readonly account: string; readonly region: string }, name: string) =>
  `arn:aws:kms:${region}:${account}:${name}`;
