/** The smallest input that an operation's model accepts, made from its schema and its limits. */
import type { Limit, Service } from '../src/core/operation.ts';
import { inputOf, type Member, type Shape } from '../src/protocols/schema.ts';

/** What a name of a member tells about its value: accounts, ARNs and the like, which patterns do not spell out. */
export interface World {
  readonly account: string;
}

export function sampleInput(service: Service, operation: string, world: World): Record<string, unknown> {
  const shape = inputOf(service, operation);
  const limits = service.limits[operation] ?? {};
  return shape ? structure(shape, '', limits, world, required(shape, limits)) : {};
}

function required(shape: Shape, limits: Readonly<Record<string, Limit>>): readonly string[] {
  const named = Object.entries(limits).filter(([path, limit]) => limit.required && /^\w+$/.test(path));
  return [...new Set([...shape.required, ...named.map(([path]) => path)])];
}

type Limited = Readonly<Record<string, Limit>>;

function structure(shape: Shape, path: string, limits: Limited, world: World, names = shape.required) {
  const members = shape.members.filter(({ name }) => names.includes(name));
  return Object.fromEntries(
    members.map((m) => [m.name, value(m, path === '' ? m.name : `${path}.${m.name}`, limits, world)]),
  );
}

function value(member: Member, path: string, limits: Limited, world: World): unknown {
  const { shape, name } = member;
  const limit = limits[path] ?? {};
  if (limit.enum?.[0] !== undefined) return limit.enum[0];
  if (shape.kind === 'structure' || shape.kind === 'union')
    return structure(shape, path, limits, world, requiredBelow(shape, path, limits));
  if (shape.kind === 'list') return [value({ ...shape.element!, name }, `${path}[]`, limits, world)];
  // An empty map that a query must have is not in it at all.
  if (shape.kind === 'map') return (limit.length?.[0] ?? 0) > 0 || name === 'attributes' ? { sample: 'sample' } : {};
  if (shape.kind === 'boolean') return true;
  if (shape.kind === 'number' || shape.kind === 'bigInteger') return limit.range?.[0] ?? 1;
  if (shape.kind === 'timestamp') return new Date('2030-01-01T00:00:00Z');
  if (shape.kind === 'blob') return new Uint8Array(limit.length?.[0] ?? 80).fill(65);
  return text(name, limit, world);
}

function requiredBelow(shape: Shape, path: string, limits: Limited): readonly string[] {
  const named = shape.members.filter(
    ({ name }) => limits[`${path}.${name}`]?.required || shape.required.includes(name),
  );
  return (named.length > 0 ? named : shape.members.slice(0, 1)).map((m) => m.name);
}

const DOCUMENT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}';

/** By the ending of a member's name. */
const TEXTS: readonly (readonly [RegExp, (world: World) => string])[] = [
  [/^analyzerArn$/, ({ account }) => `arn:aws:access-analyzer:us-east-1:${account}:analyzer/sample`],
  [/^ManagedPolicyArn$/, () => 'arn:aws:iam::aws:policy/ReadOnlyAccess'],
  [/^InstanceArn$/, () => 'arn:aws:sso:::instance/ssoins-0123456789abcdef'],
  [/^PermissionSetArn$/, () => 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef'],
  [
    /^ApplicationArn$/,
    ({ account }) => `arn:aws:sso::${account}:application/ssoins-0123456789abcdef/apl-0123456789abcdef`,
  ],
  [/^ApplicationProviderArn$/, () => 'arn:aws:sso::aws:applicationProvider/custom'],
  [/^IssuerUrl$/, () => 'https://sample.example'],
  [
    /^TrustedTokenIssuerArn$/,
    ({ account }) =>
      `arn:aws:sso::${account}:trustedTokenIssuer/ssoins-0123456789abcdef/tti-00000000-0000-4000-8000-000000000000`,
  ],
  [/PolicyDocument$|^PolicyInputList$|^Content$/, () => DOCUMENT],
  [/^(PolicyArn|PermissionsBoundary|TaskPolicyArn|arn)$/, ({ account }) => `arn:aws:iam::${account}:policy/sample`],
  [/^(RoleArn|PolicySourceArn|Arn)$/, ({ account }) => `arn:aws:iam::${account}:role/sample`],
  [/OpenIDConnectProviderArn$/, ({ account }) => `arn:aws:iam::${account}:oidc-provider/sample.example`],
  [/^(SAMLProviderArn|PrincipalArn)$/, ({ account }) => `arn:aws:iam::${account}:saml-provider/sample`],
  [/^SerialNumber$/, ({ account }) => `arn:aws:iam::${account}:mfa/sample`],
  [/^(AccountId|TargetPrincipal|TargetId)$/, ({ account }) => account],
  [/^Bucket$/, () => 'sample-bucket'],
  [/^CopySource$/, () => 'sample-bucket/sample'],
  [/^Name$/, () => 'sample-name'],
  [/^TopicArn$/, ({ account }) => `arn:aws:sns:us-east-1:${account}:sample`],
  [
    /^SubscriptionArn$/,
    ({ account }) => `arn:aws:sns:us-east-1:${account}:sample:00000000-0000-4000-8000-000000000000`,
  ],
  [/^StreamARN$/, ({ account }) => `arn:aws:kinesis:us-east-1:${account}:stream/sample`],
  [/^ConsumerARN$/, ({ account }) => `arn:aws:kinesis:us-east-1:${account}:stream/sample/consumer/sample:1893456000`],
  [/^QueueUrl$/, ({ account }) => `http://cloud.test/${account}/sample`],
  [/^Url$/, () => 'https://sample.example'],
  [/AuthenticationCode\d$/, () => '123456'],
  [/^ConnectionArn$/, ({ account }) => `arn:aws:events:us-east-1:${account}:connection/sample/0a1b2c3d`],
  [/^EntityPath$/, () => 'o-abcdefghij/r-abcdef'],
  [/^queryString$/, () => 'fields @message'],
  [
    /^trustAnchorArn$/,
    ({ account }) => `arn:aws:rolesanywhere:us-east-1:${account}:trust-anchor/00000000-0000-4000-8000-000000000000`,
  ],
  [
    /^profileArn$/,
    ({ account }) => `arn:aws:rolesanywhere:us-east-1:${account}:profile/00000000-0000-4000-8000-000000000000`,
  ],
  [/^JobId$/, () => '00000000-0000-0000-0000-000000000000'],
];

const CANDIDATES = [
  'arn:aws:sso:::instance/ssoins-0123456789abcdef',
  'sample',
  'sample-name',
  '123456789012',
  'r-abcd',
  'ou-abcd-abcdefgh',
  'p-abcdefgh',
  'h-abcdefgh',
  'car-abcdefgh12',
  'o-abcdefghij',
  'sample@example.com',
  'sample.amazonaws.com',
  'true',
  'v1',
  '00000000-0000-4000-8000-000000000000',
  'AKIAIOSFODNN7EXAMPLE',
  '123456',
  '+15555550100',
  'rt-abcdefghij',
  'aws.partner/sample/sample',
  'arn:aws:iam::123456789012:role/sample',
  'arn:aws:scheduler:us-east-1:111122223333:schedule-group/default',
  'arn:aws:kinesis:us-east-1:111122223333:stream/sample',
  'arn:aws:kinesis:us-east-1:111122223333:channel/sample',
  '/',
  'us-east-1',
  '2030-01-01',
];

function text(name: string, limit: Limit, world: World): string {
  const [min, max] = limit.length ?? [null, null];
  const pattern = limit.pattern === undefined ? undefined : new RegExp(`^(?:${limit.regex ?? limit.pattern})$`, 'u');
  const fits = (t: string) => t.length >= (min ?? 0) && t.length <= (max ?? 1e9) && (pattern?.test(t) ?? true);
  const made = TEXTS.find(([pattern]) => pattern.test(name))?.[1](world);
  // A name may have to be one of a kind.
  if (made !== undefined && (name !== 'Name' || fits(made))) return made;
  const long = 'a'.repeat(Math.min(min ?? 1, 3000));
  return [...CANDIDATES, long, '1'.repeat(Math.min(min ?? 1, 100))].find(fits) ?? 'sample';
}
