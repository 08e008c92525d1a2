// Condition operators taken apart: qualifier, name and suffix.

import { operators } from '../operators.ts';

export type Family = 'String' | 'Numeric' | 'Date' | 'Bool' | 'Binary' | 'IpAddress' | 'Arn' | 'Null';
export type Qualifier = 'none' | 'ForAllValues' | 'ForAnyValue';

export interface Operator {
  /** As the policy writes it. */
  readonly written: string;
  readonly qualifier: Qualifier;
  /** `StringNotLike` */
  readonly name: string;
  readonly family: Family;
  readonly negated: boolean;
  /** `*` and `?` are wildcards in its values. */
  readonly wild: boolean;
  readonly ifExists: boolean;
}

/** Undefined when there is no such operator. In any case, as IAM reads them. */
export function operatorOf(written: string): Operator | undefined {
  const [, all, any, bare = '', suffix] = form.exec(written) ?? [];
  const known = bare.toLowerCase() === 'null' ? { name: 'Null', negated: false } : operators.get(bare.toLowerCase());
  if (!known) return undefined;
  const { name, negated } = known;
  return {
    written,
    qualifier: all ? 'ForAllValues' : any ? 'ForAnyValue' : 'none',
    name,
    family: familyOf(name),
    negated,
    wild: name.startsWith('Arn') || name.endsWith('Like'),
    ifExists: suffix !== undefined,
  };
}

const form = /^(?:(forallvalues:)|(foranyvalue:))?([a-z]{1,40}?)(ifexists)?$/i;

const families: readonly Family[] = ['String', 'Numeric', 'Date', 'Bool', 'Binary', 'Arn', 'Null'];

function familyOf(name: string): Family {
  return families.find((family) => name.startsWith(family)) ?? 'IpAddress';
}
