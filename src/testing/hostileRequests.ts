/**
 * Bodies and policies that strangers would send to keep a plane busy: the tests ask for a clear error and no change,
 * `bench/hostile.ts` for the time.
 */
import { form } from './signed.ts';

const MEGABYTE = 1024 * 1024;

/** Each with the service it is signed for. */
const BODIES: Readonly<Record<string, [string, Record<string, string>, string | Uint8Array]>> = {
  json: [
    'organizations',
    { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSOrganizationsV20161128.CreatePolicy' },
    '['.repeat(500_000),
  ],
  'json objects': [
    'ce',
    { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSInsightsIndexService.GetCostAndUsage' },
    '{"Filter":{"Not":'.repeat(40_000),
  ],
  'form lists': [
    'iam',
    { 'content-type': 'application/x-www-form-urlencoded' },
    `Action=CreateUser&Version=2010-05-08&UserName=a&Tags${'.member.1'.repeat(50_000)}=x`,
  ],
  'form parameters': [
    'iam',
    { 'content-type': 'application/x-www-form-urlencoded' },
    `Action=CreateUser&Version=2010-05-08&UserName=a${Array.from({ length: 30_000 }, (_, i) => `&Tags.member.${i}.Key=k`).join('')}`,
  ],
  'form bytes': [
    'iam',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'Action=CreateUser&Version=2010-05-08&UserName=%ff%fe%c0%80',
  ],
  cbor: [
    'monitoring',
    { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
    Buffer.alloc(500_000, 0x81),
  ],
  'cbor length': [
    'monitoring',
    { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
    Buffer.from('9bffffffffffffffff', 'hex'),
  ],
  'cbor items': [
    'kinesis',
    { 'content-type': 'application/x-amz-cbor-1.1', 'x-amz-target': 'Kinesis_20131202.ListStreams' },
    Buffer.concat([Buffer.from('9a00800000', 'hex'), Buffer.alloc(0x800000, 0xa0)]),
  ],
  'rest json': ['account', { 'content-type': 'application/json' }, '[[[['.repeat(100_000)],
};

const pathOf = (what: string) => {
  if (what.startsWith('cbor') && what !== 'cbor items')
    return '/service/GraniteServiceVersion20100801/operation/PutMetricData';
  return what === 'rest json' ? '/getContactInformation' : '/';
};

/** What they are, the service that they are to be signed for, and the request. */
export const hostileBodies = Object.entries(BODIES).map(([what, [service, headers, body]]) => ({
  what,
  service,
  request: { path: pathOf(what), headers, body: Buffer.from(body) },
}));

/** Documents, by what is wrong with them. */
const POLICIES: Readonly<Record<string, string>> = {
  'of 1 MB': `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"${'a'.repeat(1_000_000)}"}]}`,
  'of 10,000 statements': `{"Version":"2012-10-17","Statement":[${Array(10_000).fill('{"Effect":"Allow","Action":"*","Resource":"*"}').join(',')}]}`,
  'nested 1,000 deep': `${'{"Statement":'.repeat(1000)}1${'}'.repeat(1000)}`,
  'of lists nested 3,000 deep': `{"Statement":${'['.repeat(3000)}${']'.repeat(3000)}}`,
};

export const creating = (document: string) => {
  const body = `Action=CreatePolicy&Version=2010-05-08&PolicyName=p&PolicyDocument=${encodeURIComponent(document)}`;
  return form(body.slice(0, MEGABYTE));
};

export const hostilePolicies = Object.entries(POLICIES).map(([what, document]) => ({
  what: `a policy ${what}`,
  service: 'iam',
  request: creating(document),
}));
