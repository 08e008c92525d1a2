/** Where objects with vended logs lie: the destination's prefix, the service's folder, the delivery's suffix path. */
import { ValidationException } from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../../core/errors.ts';

/** What a suffix path may name. */
export const SUFFIX_FIELDS: readonly string[] = ['accountid', 'region', 'resourceid', 'yyyy', 'MM', 'dd', 'HH'];
export const DEFAULT_SUFFIX = '{region}/{resourceid}/{yyyy}/{MM}/{dd}';

/** As Hive names the parts of a time. */
const HIVE: Readonly<Record<string, string>> = { yyyy: 'year', MM: 'month', dd: 'day', HH: 'hour' };

/** @throws ValidationException */
export function requireSuffix(suffix: string): void {
  const wrong = [...suffix.matchAll(/\{([^}]*)\}/g)].find(([, name = '']) => !SUFFIX_FIELDS.includes(name));
  if (wrong) fail(ValidationException, `The suffix path field ${wrong[1]} is not valid.`);
}

interface Place {
  readonly account: string;
  readonly region: string;
  readonly resource: string;
  readonly time: number;
}

export function suffixOf(path: string, hive: boolean, { account, region, resource, time }: Place): string {
  const [yyyy = '', MM = '', dd = '', HH = ''] = new Date(time).toISOString().split(/[-T:]/);
  const values: Readonly<Record<string, string>> = {
    accountid: account,
    region,
    resourceid: resource,
    yyyy,
    MM,
    dd,
    HH,
  };
  const filled = path.replaceAll(/\{([^}]*)\}/g, (_whole, name: string) =>
    hive ? `${HIVE[name] ?? name}=${values[name]}` : (values[name] ?? ''),
  );
  return filled.replace(/^\/|\/$/g, '');
}
