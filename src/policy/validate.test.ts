import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { compilePolicy, type DocumentKind, validatePolicy } from './index.ts';

const base = { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::b' };
const policy = (...statements: unknown[]) => ({ Version: '2012-10-17', Statement: statements });
const one = (change: object) => policy({ ...base, ...change });
const without = (name: string) => policy(Object.fromEntries(Object.entries(base).filter(([key]) => key !== name)));
const trust = (change: object) =>
  policy({ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole', ...change });

const syntax = 'Syntax errors in policy.';
const legacy = 'The policy failed legacy parsing';
const version = 'Policy document must be version 2012-10-17 or greater.';
const vendor = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.';
const actions = 'Policy statement must contain actions.';
const resources = 'Policy statement must contain resources.';
const unfit = 'The provided policy document does not meet the requirements of the specified policy type.';
const date = (value: string) => one({ Condition: { DateLessThan: { 'aws:CurrentTime': value } } });

const identity: readonly [string, unknown, string | undefined][] = [
  ['a sound policy', policy(base), undefined],
  ['text that is not JSON', 'no json', syntax],
  ['a list', [], syntax],
  ['an unknown element', { ...policy(base), Foo: 1 }, syntax],
  ['an unknown element in a statement', one({ Foo: 1 }), syntax],
  ['no Statement', { Version: '2012-10-17' }, syntax],
  ['no statements', policy(), syntax],
  ['a statement that is text', policy('x'), syntax],
  ['no Version', { Statement: [base] }, version],
  ['the old Version', { ...policy(base), Version: '2008-10-17' }, version],
  ['a Version that never was', { ...policy(base), Version: '2013-10-17' }, syntax],
  ['an Id that is a list', { ...policy(base), Id: ['x'] }, syntax],
  ['a Principal', one({ Principal: '*' }), 'Policy document should not specify a principal.'],
  ['an unknown Effect', one({ Effect: 'Maybe' }), syntax],
  ['an Effect in lower case', one({ Effect: 'allow' }), legacy],
  ['no Effect', without('Effect'), syntax],
  ['no Action', without('Action'), actions],
  ['an empty Action', one({ Action: [] }), actions],
  ['no Resource', without('Resource'), resources],
  ['an empty Resource', one({ Resource: [] }), resources],
  ['no Action and no Resource', policy({ Effect: 'Allow' }), actions],
  ['Action and NotAction', one({ NotAction: 's3:*' }), syntax],
  ['Resource and NotResource', one({ NotResource: '*' }), syntax],
  ['an Action that is an object', one({ Action: {} }), syntax],
  ['an action without vendor', one({ Action: 'ListBucket' }), vendor],
  ['an empty action', one({ Action: '' }), vendor],
  ['a vendor with a space', one({ Action: 'a a:List' }), 'Vendor a a is not valid'],
  ['an empty vendor', one({ Action: ':List' }), 'Vendor  is not valid'],
  ['two colons', one({ Action: 's3:List:Bucket' }), 'Actions/Condition can contain only one colon.'],
  ['odd action names', one({ Action: ['iam: a b ', 's3-s:X', 's3.s:X', '*'] }), undefined],
  ['a resource without colon', one({ Resource: 'what' }), 'Resource what must be in ARN format or "*".'],
  ['an empty resource', one({ Resource: '' }), 'Resource  must be in ARN format or "*".'],
  ['resource before action', one({ Action: 'a:b:c', Resource: 'x' }), 'Resource x must be in ARN format or "*".'],
  ['no partition', one({ Resource: 'a:b:c' }), 'Partition "b" is not valid for resource "arn:b:c:*:*:*".'],
  ['long nonsense', one({ Resource: 'a:b:c:d:e:f:g' }), 'Partition "b" is not valid for resource "arn:b:c:d:e:f:g".'],
  ['a bare name', one({ Resource: 'aws:s3:::b' }), 'Partition "s3" is not valid for resource "arn:s3:::b:*".'],
  [
    'only a partition',
    one({ Resource: 'arn:aws' }),
    'Resource vendor must be fully qualified and cannot contain regexes.',
  ],
  ['an ARN that lacks a field', one({ Resource: 'arn:aws:s3::b' }), legacy],
  ['an ARN without service', one({ Resource: 'arn:aws::::b' }), legacy],
  ['a short ARN', one({ Resource: 'arn:aws:sqs' }), undefined],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
  ['a variable for the account', one({ Resource: 'arn:aws:iam::${aws:PrincipalAccount}:role/x' }), legacy],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
  ['a variable in the resource part', one({ Resource: 'arn:aws:s3:::b/${aws:username}' }), undefined],
  [
    'a bucket with a Region',
    one({ Resource: 'arn:aws:s3:us-east-1::b' }),
    'Resource arn:aws:s3:us-east-1::b can not contain region information.',
  ],
  [
    'IAM with a Region',
    one({ Resource: 'arn:aws:iam:us-east-1::user/b' }),
    'IAM resource arn:aws:iam:us-east-1::user/b cannot contain region information.',
  ],
  [
    'a repeated Sid',
    policy({ ...base, Sid: 'a' }, { ...base, Sid: 'a' }),
    'Statement IDs (SID) in a single policy must be unique.',
  ],
  [
    'a Sid with a space',
    one({ Sid: 'a b' }),
    'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
  ],
  ['an access point', one({ Resource: 'arn:aws:s3:us-east-1:111122223333:accesspoint/a' }), undefined],
  ['a Sid that is a list', one({ Sid: [] }), syntax],
  ['a Condition that is a list', one({ Condition: [] }), syntax],
  ['an operator with a value', one({ Condition: { StringEquals: 'b' } }), syntax],
  ['an unknown operator', one({ Condition: { Foo: { a: 'b' } } }), syntax],
  ['an unknown operator without keys', one({ Condition: { Foo: {} } }), undefined],
  ['a set operator with two colons', one({ Condition: { 'ForAnyValue::StringEquals': { a: 'b' } } }), syntax],
  ['a date that is none', date('soon'), legacy],
  ['month 13', date('234-13'), legacy],
  ['a zone of one digit', date('2016-12-13t2:00:00.593194+1'), legacy],
  ['seconds past 64 bits', date('9223372036854775808'), legacy],
  ['a good date', date('2019-07-01T13:20:15Z'), undefined],
  ['a loose date', date('01T'), undefined],
  ['a duplicate key', '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}', syntax],
];

const others: readonly [string, DocumentKind, unknown, string | undefined][] = [
  ['a sound trust policy', 'trust', trust({}), undefined],
  ['text that is not JSON', 'trust', 'x', 'This policy contains invalid Json'],
  ['a Resource', 'trust', trust({ Resource: '*' }), 'Has prohibited field Resource.'],
  ['a NotResource', 'trust', trust({ NotResource: '*' }), 'AssumeRole policy must not contain resources.'],
  ['a strange Version', 'trust', { ...trust({}), Version: '1' }, 'The policy must contain a valid version string'],
  ['a strange Effect', 'trust', trust({ Effect: 'allow' }), 'Invalid effect: allow'],
  [
    'a repeated Sid',
    'trust',
    policy(...trust({ Sid: 'a' }).Statement, ...trust({ Sid: 'a' }).Statement),
    'The Statement Ids in the policy are not unique',
  ],
  [
    'a NotPrincipal',
    'trust',
    policy({ Effect: 'Deny', NotPrincipal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }),
    'AssumeRole policy must not contain NotPrincipal field.',
  ],
  ['no Principal', 'trust', policy({ Effect: 'Allow', Action: 'sts:AssumeRole' }), 'Missing required field Principal'],
  ['an empty Principal', 'trust', trust({ Principal: {} }), 'Missing required field Principal cannot be empty!'],
  [
    'an action of another service',
    'trust',
    trust({ Action: 's3:GetObject' }),
    'AssumeRole policy may only specify STS AssumeRole actions.',
  ],
  ['no statements', 'trust', policy(), 'Could not parse the policy: Statement is empty!'],
  ['no Version', 'inline', { Statement: [base] }, undefined],
  ['the old Version', 'inline', { ...policy(base), Version: '2008-10-17' }, undefined],
  ['a Version that never was', 'inline', { ...policy(base), Version: '2013-10-17' }, syntax],
  ['an Effect in lower case', 'inline', one({ Effect: 'allow' }), legacy],
  ['an incomplete ARN', 'session', one({ Resource: 'arn:aws:sqs' }), legacy],
  ['no Statement', 'resource', { Version: '2012-10-17' }, 'Missing required field Statement'],
  ['no Resource', 'resource', trust({ Action: 's3:GetObject' }), 'Missing required field Resource'],
  ['a sound bucket policy', 'resource', one({ Principal: '*' }), undefined],
  ['a sound SCP', 'scp', policy({ Effect: 'Allow', Action: '*', Resource: '*' }), undefined],
  ['an SCP with a principal', 'scp', policy({ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }), unfit],
  ['an SCP that allows one ARN', 'scp', policy(base), undefined],
  [
    'an SCP that allows all but one ARN',
    'scp',
    policy({ Effect: 'Allow', NotAction: 'iam:*', NotResource: base.Resource }),
    undefined,
  ],
  ['an SCP without Version', 'scp', { Statement: [{ Effect: 'Deny', Action: 's3:*', Resource: '*' }] }, unfit],
  ['a sound RCP', 'rcp', policy({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }), undefined],
  ['an RCP that allows', 'rcp', policy({ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }), unfit],
  ['an RCP for every service', 'rcp', policy({ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }), unfit],
  [
    'an RCP for one principal',
    'rcp',
    policy({ Effect: 'Deny', Principal: { AWS: '111122223333' }, Action: 's3:*', Resource: '*' }),
    unfit,
  ],
];

const textOf = (document: unknown) => (typeof document === 'string' ? document : JSON.stringify(document));

for (const [title, document, sentence] of identity) {
  it(`validatePolicy judges ${title}`, () => {
    assert.equal(validatePolicy(textOf(document), 'identity'), sentence);
  });
}

for (const [title, kind, document, sentence] of others) {
  it(`validatePolicy judges ${title} (${kind})`, () => {
    assert.equal(validatePolicy(textOf(document), kind), sentence);
  });
}

it('validatePolicy accepts nothing that compilePolicy refuses', () => {
  const odd = fc.constantFrom(
    '*',
    'Allow',
    's3:*',
    'sts:AssumeRole',
    'arn:aws:s3:::b',
    '2012-10-17',
    1,
    true,
    null,
    [],
    {},
    ['*'],
    [1],
    [['*']],
    { AWS: '*' },
    { AWS: [] },
    { Foo: {} },
    { Foo: { a: 'b' } },
    { Bool: { a: [null] } },
    { Bool: { a: true } },
  );
  const names = fc.constantFrom(
    'Sid',
    'Effect',
    'Principal',
    'NotPrincipal',
    'Action',
    'NotAction',
    'Resource',
    'NotResource',
    'Condition',
  );
  const change = fc.array(fc.tuple(names, fc.option(odd, { nil: undefined })), { maxLength: 3 });
  const top = fc.array(fc.tuple(fc.constantFrom('Version', 'Id', 'Statement', 'Foo'), odd), { maxLength: 1 });
  const kinds: readonly DocumentKind[] = ['identity', 'inline', 'session', 'resource', 'trust', 'scp', 'rcp'];
  const starts = fc.constantFrom<object>(
    base,
    { ...base, Principal: '*' },
    { ...base, Effect: 'Deny', Principal: '*' },
  );
  const property = fc.property(starts, change, top, (start, changes, tops) => {
    const statement = { ...start, ...Object.fromEntries(changes) };
    const text = JSON.stringify({ ...policy(statement), ...Object.fromEntries(tops) });
    for (const kind of kinds) if (validatePolicy(text, kind) === undefined) compilePolicy(text);
  });
  fc.assert(property, { numRuns: 5000 });
});
