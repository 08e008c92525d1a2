/** Attributes of people that become session tags: what an instance of IAM Identity Center is set to. */
import { table } from '../store/store.ts';

export interface AccessControlAttributes {
  /** Id of the instance. */
  readonly instance: string;
  /** Tag key → sources: `${path:userName}`, `${path:enterprise.costCenter}`. The first that has a value counts. */
  readonly attributes: readonly { readonly key: string; readonly sources: readonly string[] }[];
}

export const accessControlAttributes = table<AccessControlAttributes>('identitycenter_attributes', {
  key: (row) => [row.instance],
});
