/**
 * The judge never claims what is not so. A world is drawn with everything in it: policies, tags, the keys a trail does
 * not carry. The engine decides in that world before and after the change; the judge sees only the record. Whatever it
 * says must be what happened in the world, or "unknown".
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { contextOf, decide, type PolicySet } from '../policy/index.ts';
import type { Change } from './changes.ts';
import { MEMBER, OTHER, policy, recordOf, roleIdentity, snapshotOf, UNIT } from './fixtures.ts';
import type { Snapshot } from './inputs.ts';
import { judgeOf } from './judge.ts';
import type { TrailRecord } from './record.ts';
import { type World, worldOf } from './world.ts';

const ROLE = `arn:aws:iam::${MEMBER}:role/app`;

const condition = fc.constantFrom(
  { StringEquals: { 'aws:PrincipalTag/team': 'a' } },
  { StringNotEquals: { 'aws:PrincipalTag/team': 'a' } },
  { StringNotEqualsIfExists: { 'aws:PrincipalTag/team': 'a' } },
  { Null: { 'aws:ResourceTag/x': 'true' } },
  { StringEquals: { 'aws:ResourceTag/x': ['a', 'b'] } },
  { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
  { StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] } },
  { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
  { Bool: { 'aws:MultiFactorAuthPresent': 'false' } },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
  { StringLike: { 'aws:PrincipalTag/team': '${aws:ResourceTag/x}*' } },
);
const statements = (effects: readonly string[]) =>
  fc.array(
    fc.record({
      Effect: fc.constantFrom(...effects),
      Action: fc.constantFrom('*', 'ec2:*', 'ec2:StartInstances', 's3:*'),
      Resource: fc.constantFrom('*', '*', `arn:aws:ec2:*:${MEMBER}:instance/i-1`, 'arn:aws:ec2:*:*:instance/i-2'),
      Condition: fc.oneof(
        fc.constant({}),
        condition,
        fc.tuple(condition, condition).map(([a, b]) => ({ ...a, ...b })),
      ),
    }),
    { maxLength: 3 },
  );
const document = statements(['Allow', 'Deny', 'Deny']).map((list) => policy(...list));

const change: fc.Arbitrary<Change> = fc.oneof(
  document.map((text): Change => ({ kind: 'attach', type: 'scp', id: 'new.json', target: UNIT, text })),
  fc.constantFrom('p-old', 'p-FullAWSAccess').map((id): Change => ({ kind: 'detach', id, target: UNIT })),
  document.map((text): Change => ({ kind: 'content', id: 'p-old', text })),
  document.map((text): Change => ({ kind: 'identity', arn: ROLE, name: 'inline', text })),
  document.map((text): Change => ({ kind: 'identity', arn: ROLE, name: 'more', text })),
  document.map((text): Change => ({ kind: 'boundary', arn: ROLE, text })),
);

const truth = fc.record({
  scp: document,
  inline: document,
  changes: fc.array(change, { minLength: 1, maxLength: 2 }),
  dumped: fc.boolean(),
  team: fc.constantFrom('a', 'b', undefined),
  tag: fc.constantFrom('a', 'b', undefined),
  region: fc.constantFrom('eu-west-1', 'eu-central-1'),
  ip: fc.constantFrom('203.0.113.7', '198.51.100.1'),
  instance: fc.constantFrom('i-1', 'i-2', undefined),
  message: fc.boolean(),
});
type Truth = typeof truth extends fc.Arbitrary<infer T> ? T : never;

/** Session tags are the caller's own: the trust policy lets them be brought. */
function snapshot({ scp, inline }: Truth, dumped: boolean): Snapshot {
  const made = snapshotOf({ 'p-old': scp });
  const trust = policy({ Effect: 'Allow', Principal: '*', Action: ['sts:AssumeRole', 'sts:TagSession'] });
  if (!dumped) return made;
  made.dumped.add(MEMBER);
  made.roles.set(ROLE, {
    ...{ account: MEMBER, name: 'app', path: '/', id: 'AROAEXAMPLEAPP', created: '', tags: [], trust },
    ...{ attached: [], inline: { inline }, maxSessionDuration: 3600, isTracked: false, instanceProfiles: [] },
  });
  return made;
}

function realPolicies(world: World, version: 'before' | 'after'): PolicySet {
  const boundary = world.boundary(ROLE)[version];
  return {
    identity: world.identity(ROLE)[version] ?? [],
    scps: world.levels('scp', MEMBER)[version],
    ...(boundary && { boundary }),
  };
}

function really(drawn: Truth, version: 'before' | 'after', world: World, resource: string): boolean {
  const policies = realPolicies(world, version);
  const context = contextOf({
    'aws:PrincipalArn': ROLE,
    'aws:PrincipalTag/team': drawn.team,
    'aws:ResourceTag/x': drawn.tag,
    'aws:RequestedRegion': drawn.region,
    'aws:SourceIp': drawn.ip,
    'aws:MultiFactorAuthPresent': 'false',
    'aws:userid': 'AROAEXAMPLEAPP:session',
  });
  const principal = { type: 'AssumedRole', arn: roleIdentity('app').arn } as const;
  const accounts = { principalAccount: MEMBER, resourceAccount: MEMBER };
  const request = { principal, action: 'ec2:StartInstances', resource, context, ...accounts };
  return decide(request, policies).verdict === 'Allowed';
}

function recorded(drawn: Truth, allowed: boolean): TrailRecord {
  const items = drawn.instance ? [{ instanceId: drawn.instance }] : [];
  return recordOf('StartInstances', {
    ...{ awsRegion: drawn.region, sourceIPAddress: drawn.ip },
    requestParameters: { instancesSet: { items } },
    ...(allowed ? {} : { errorCode: 'Client.UnauthorizedOperation' }),
  });
}

it('what the judge says of a call is so, whatever the record does not tell', () => {
  const seen = { same: 0, newlyDenied: 0, newlyAllowed: 0, unknown: 0 };
  fc.assert(
    fc.property(truth, (drawn) => {
      // Without a dump a policy is taken as added: what it would replace is not known.
      fc.pre(drawn.dumped || !drawn.changes.some((one) => one.kind === 'identity' && one.name === 'inline'));
      let real: World;
      let world: World;
      try {
        real = worldOf(snapshot(drawn, true), drawn.changes);
        world = worldOf(snapshot(drawn, drawn.dumped), drawn.changes);
      } catch {
        return; // A change that cannot be made: detached twice.
      }
      const resource = `arn:aws:ec2:${drawn.region}:${MEMBER}:instance/${drawn.instance ?? 'i-2'}`;
      const before = really(drawn, 'before', real, resource);
      const after = really(drawn, 'after', real, resource);
      const judged = judgeOf(world)(recorded(drawn, before));
      assert.ok('outcome' in judged);
      seen[judged.outcome]++;
      if (judged.outcome === 'same') assert.equal(after, before);
      if (judged.outcome === 'newlyDenied') assert.deepEqual([before, after], [true, false]);
      if (judged.outcome === 'newlyAllowed') assert.deepEqual([before, after], [false, true]);
      if (judged.outcome === 'unknown') assert.ok(judged.gaps.length > 0, 'says what is missing');
    }),
    { numRuns: 3000 },
  );
  for (const [outcome, count] of Object.entries(seen)) assert.ok(count > 3, `${outcome} came up ${count} times`);
});

const BUCKET = 'arn:aws:s3:::data';
const principal = fc.constantFrom('*', { AWS: MEMBER }, { AWS: ROLE }, { AWS: roleIdentity('app').arn });
const bucketPolicy = fc
  .array(
    fc.record({
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      Principal: principal,
      Action: fc.constantFrom('s3:*', 's3:GetObject', 's3:PutObject'),
      Resource: fc.constantFrom(`${BUCKET}/*`, `${BUCKET}/a`, `${BUCKET}/b`),
      Condition: fc.oneof(fc.constant({}), condition),
    }),
    { maxLength: 2 },
  )
  .map((list) => policy(...list));

const bucketChange: fc.Arbitrary<Change> = fc.oneof(
  bucketPolicy.map((text): Change => ({ kind: 'resource', arn: BUCKET, text })),
  fc.constant<Change>({ kind: 'resource', arn: BUCKET, text: undefined }),
  change,
);

it('what the judge says of a call on a bucket is so, whoever owns it and whatever is known', () => {
  const drawn = fc.record({
    world: truth,
    bucket: bucketPolicy,
    known: fc.boolean(),
    owner: fc.constantFrom(MEMBER, OTHER),
  });
  const seen = { same: 0, newlyDenied: 0, newlyAllowed: 0, unknown: 0 };
  fc.assert(
    fc.property(
      drawn,
      fc.array(bucketChange, { minLength: 1, maxLength: 2 }),
      ({ world: base, bucket, known, owner }, changes) => {
        fc.pre(base.dumped || !changes.some((one) => one.kind === 'identity' && one.name === 'inline'));
        fc.pre(changes.filter(({ kind }) => kind === 'detach' || kind === 'attach').length < 2);
        const all = { ...base, changes };
        const [real, seenOnly] = [snapshot(all, true), snapshot(all, base.dumped)];
        real.resourcePolicies.set(BUCKET, bucket);
        if (known) seenOnly.resourcePolicies.set(BUCKET, bucket);
        const actual = worldOf(real, changes);
        const [before, after] = (['before', 'after'] as const).map((version) =>
          bucketAllows(all, version, actual, owner),
        );
        const record = recordOf('GetObject', {
          ...{ eventSource: 's3.amazonaws.com', awsRegion: base.region, sourceIPAddress: base.ip },
          requestParameters: { bucketName: 'data', key: 'a' },
          resources: [{ ARN: `${BUCKET}/a` }, { ARN: BUCKET, accountId: owner }],
          ...(before ? {} : { errorCode: 'AccessDenied' }),
        });
        const judged = judgeOf(worldOf(seenOnly, changes))(record);
        assert.ok('outcome' in judged);
        seen[judged.outcome]++;
        if (judged.outcome === 'same') assert.equal(after, before);
        if (judged.outcome === 'newlyDenied') assert.deepEqual([before, after], [true, false]);
        if (judged.outcome === 'newlyAllowed') assert.deepEqual([before, after], [false, true]);
        if (judged.outcome === 'unknown') assert.ok(judged.gaps.length > 0, 'says what is missing');
      },
    ),
    { numRuns: 12_000 },
  );
  for (const [outcome, count] of Object.entries(seen)) assert.ok(count > 3, `${outcome} came up ${count} times`);
});

function bucketAllows(drawn: Truth, version: 'before' | 'after', world: World, owner: string): boolean {
  const policies = realPolicies(world, version);
  const resource = world.resource(`${BUCKET}/a`)[version] ?? undefined;
  const context = contextOf({
    'aws:PrincipalArn': ROLE,
    'aws:PrincipalTag/team': drawn.team,
    'aws:RequestedRegion': drawn.region,
    'aws:SourceIp': drawn.ip,
    'aws:MultiFactorAuthPresent': 'false',
    'aws:userid': 'AROAEXAMPLEAPP:session',
  });
  const caller = { type: 'AssumedRole', arn: roleIdentity('app').arn } as const;
  const accounts = { principalAccount: MEMBER, resourceAccount: owner };
  const request = { principal: caller, action: 's3:GetObject', resource: `${BUCKET}/a`, context, ...accounts };
  return decide(request, resource ? { ...policies, resource } : policies).verdict === 'Allowed';
}
