/**
 * What a directory knows of somebody, by the expressions of attribute mappings.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/attributemappingsconcept.html
 */
import type { DirectoryUser } from './directory.ts';

/** `${user:…}`, by the path that holds the same. */
const NAMES: Readonly<Record<string, string>> = {
  email: 'emails[primary eq true].value',
  familyName: 'name.familyName',
  givenName: 'name.givenName',
  middleName: 'name.middleName',
  name: 'displayName',
  preferredUsername: 'displayName',
  subject: 'userName',
};

/** `${path:userName}`, `${path:name.givenName}`, `${path:enterprise.costCenter}`, `${path:emails[primary eq true].value}`. */
export function attributeAt(user: DirectoryUser, source: string): string | undefined {
  const [, kind, named = ''] = /^\$\{(path|user):(.+)\}$/.exec(source) ?? [];
  const path = kind === 'user' && Object.hasOwn(NAMES, named) ? NAMES[named]! : named;
  if (path === 'userName') return user.userName;
  const segments = path
    .replace(/\[.*?\]/, '')
    .split('.')
    .map((name) => name.charAt(0).toUpperCase() + name.slice(1));
  if (segments[0] === 'Enterprise') return enterpriseValue(user, segments[1] ?? '');
  let value: unknown = user.attributes;
  for (const segment of segments) {
    if (Array.isArray(value)) value = value.find((each) => each.Primary) ?? value[0];
    value = (value as Record<string, unknown> | undefined)?.[segment];
  }
  return typeof value === 'string' ? value : undefined;
}

function enterpriseValue({ attributes }: DirectoryUser, name: string): string | undefined {
  const extensions = attributes.Extensions as Record<string, Record<string, unknown>> | undefined;
  const enterprise = extensions?.['aws:identitystore:enterprise'] ?? {};
  const found = Object.entries(enterprise).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  return typeof found === 'string' ? found : undefined;
}
