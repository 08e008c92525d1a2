/** One question about the shadow organization, answered by the policy engine: yes, no, or what it depends on. */
import {
  type CompiledPolicy,
  compilePolicy,
  contextOf,
  type Decision,
  decide,
  type PolicyKind,
  type PolicyRequest,
  type PolicySet,
} from '../policy/index.ts';
import { type Favour, type OpenContext, openKeysOf, readingOf } from './readings.ts';
import { organizationEntries, type Standing, type Target } from './world.ts';

export type Verdict = 'Allowed' | 'Denied' | 'Depends';

/** What the question says beyond who, what and on what. */
export interface Given {
  readonly context: Readonly<Record<string, string | readonly string[]>>;
  /** Condition keys that the request does not have. */
  readonly absent: readonly string[];
  /** Beginnings of names, in lower case: what is not in the context of these is absent too. */
  readonly settled?: readonly string[];
  readonly now: Date;
}

export interface Answer {
  readonly verdict: Verdict;
  /** What decided; where it depends, what allows it if it turns out well. */
  readonly decision: Decision;
  /** Condition keys that were not said, and policies that were not imported, on which the answer depends. */
  readonly dependsOn: readonly string[];
}

/** A question as the engine takes it. */
export interface Question {
  readonly request: PolicyRequest;
  readonly policies: PolicySet;
}

/** Taken to be so unless it is said otherwise; `aws:CurrentTime` is the time of asking. */
export const ASSUMED: Readonly<Record<string, string>> = {
  'aws:SecureTransport': 'true',
  'aws:ViaAWSService': 'false',
};

export function answer(standing: Standing, action: string, target: Target, given: Given): Answer {
  const question = questionOf(standing, action, target, given);
  const best = decideFor('for', question, standing, target);
  if (best.verdict !== 'Allowed') return { verdict: 'Denied', decision: best, dependsOn: [] };
  const worst = decideFor('against', question, standing, target);
  if (worst.verdict === 'Allowed') return { verdict: 'Allowed', decision: worst, dependsOn: [] };
  return { verdict: 'Depends', decision: best, dependsOn: dependenciesOf(question, standing, target) };
}

/** The question with what was said and nothing more, for the engine's own explanation. */
export function questionOf(standing: Standing, action: string, target: Target, given: Given): Question {
  const { subject, principal, place } = standing;
  const owner = target.place?.account ?? subject.account;
  const resourceChain = (target.place ?? place).chain;
  const entries = {
    ...{ 'aws:CurrentTime': given.now.toISOString(), 'aws:EpochTime': String(Math.floor(given.now.getTime() / 1000)) },
    ...ASSUMED,
    ...standing.entries,
    'aws:ResourceAccount': owner,
    ...organizationEntries('Resource', resourceChain),
    ...regionOf(action, target.resource),
    ...given.context,
  };
  const absent = new Set(given.absent.map((key) => key.toLowerCase()));
  const said = Object.entries(entries).filter(([key]) => !absent.has(key.toLowerCase()));
  const plain = contextOf(Object.fromEntries(said));
  const names = new Set([...absent, ...said.map(([key]) => key.toLowerCase())]);
  const isSettled = (key: string) => given.settled?.some((prefix) => key.startsWith(prefix)) ?? false;
  const hasPlaces = { principal: place.chain !== undefined, resource: resourceChain !== undefined };
  const context: OpenContext = {
    ...plain,
    resource: target.resource,
    isOpen: (key) => !isSettled(key) && isOpen(key, names, hasPlaces),
  };
  const rcps = (target.place ?? place).rcps;
  return {
    request: {
      ...{ principal, action, resource: target.resource, context, principalAccount: subject.account || null },
      resourceAccount: target.place?.account ?? null,
      flags: {
        principalAccountIsManagement: place.chain?.organization.management === subject.account,
        resourceAccountIsManagement: resourceChain?.organization.management === owner,
        principalIsServiceLinkedRole: subject.kind === 'role' && subject.row.linkedService !== undefined,
      },
    },
    policies: {
      identity: standing.identity,
      ...(standing.boundary && { boundary: standing.boundary }),
      ...(place.scps && { scps: place.scps }),
      ...(rcps && { rcps }),
      ...(target.policy && { resource: target.policy }),
    },
  };
}

/** A Region in the resource's ARN is the Region of the request; global services answer in us-east-1 only. */
function regionOf(action: string, resource: string): Record<string, string> {
  const region = GLOBAL.test(action) ? 'us-east-1' : resource.split(':')[3];
  return region && !/[*?]/.test(region) ? { 'aws:RequestedRegion': region } : {};
}

const GLOBAL = /^(iam|organizations|account|cloudfront|route53):/i;

/** Keys of which we know whether a request has them: of the principal, and of a call that comes from nobody else. */
const SETTLED = new Set(
  [
    'PrincipalArn PrincipalAccount PrincipalType userid username PrincipalIsAWSService PrincipalServiceName',
    'PrincipalServiceNamesList CalledVia CalledViaFirst CalledViaLast ResourceAccount AssumedRoot',
  ].flatMap((line) => line.split(' ').map((name) => `aws:${name.toLowerCase()}`)),
);

function isOpen(key: string, said: ReadonlySet<string>, has: { principal: boolean; resource: boolean }): boolean {
  if (said.has(key) || SETTLED.has(key) || key.startsWith('aws:principaltag/')) return false;
  if (key.startsWith('aws:principalorg')) return !has.principal;
  return key.startsWith('aws:resourceorg') ? !has.resource : true;
}

function decideFor(favour: Favour, { request, policies }: Question, standing: Standing, target: Target): Decision {
  const read = (policy: CompiledPolicy) => readingOf(policy, favour);
  const levels = (list: PolicySet['scps']) => list?.map((level) => level.map(read));
  const unseen = favour === 'for' ? EVERYTHING : NOTHING;
  const own = policies.resource ?? (favour === 'for' && isOwnUnseen(request, target) ? delegation(request) : undefined);
  return decide(request, {
    identity: [...policies.identity.map(read), ...(standing.missing.length > 0 ? [unseen] : [])],
    boundary: standing.missingBoundary === undefined ? policies.boundary && read(policies.boundary) : unseen,
    scps: levels(policies.scps),
    rcps: levels(policies.rcps),
    resource: own && read(own),
  });
}

/** Full access, for those whose policies are not known. */
export const EVERYTHING = compilePolicy(
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
);
const NOTHING = compilePolicy('{"Version":"2012-10-17","Statement":[]}');

/** The resource's own policy has a say in this, and was not imported. */
function isOwnUnseen({ resource, principalAccount, resourceAccount }: PolicyRequest, target: Target): boolean {
  if (target.policy) return false;
  const isKeyOrRole = /^arn:aws:(kms:[^:]*:\d*:key\/|iam::\d*:role\/)/.test(resource);
  return isKeyOrRole || (resourceAccount !== null && resourceAccount !== principalAccount);
}

/**
 * At its best an unseen policy lets the caller's account decide; that it would name the caller itself is not assumed.
 */
const delegation = ({ principalAccount }: PolicyRequest) =>
  compilePolicy({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: principalAccount }, Action: '*', Resource: '*' },
  });

function dependenciesOf({ request, policies }: Question, standing: Standing, target: Target): readonly string[] {
  const layers: readonly [PolicyKind, readonly CompiledPolicy[]][] = [
    ['rcp', policies.rcps?.flat() ?? []],
    ['scp', policies.scps?.flat() ?? []],
    [target.resource.includes(':role/') ? 'trust' : 'resource', policies.resource ? [policies.resource] : []],
    ['identity', policies.identity],
    ['boundary', policies.boundary ? [policies.boundary] : []],
  ];
  const keys = layers.flatMap(([kind, list]) => list.flatMap((policy) => openKeysOf(policy, kind, request)));
  const unseen = [...standing.missing, ...(standing.missingBoundary === undefined ? [] : [standing.missingBoundary])];
  const own = isOwnUnseen(request, target) ? [`the policy of ${target.resource} (not imported)`] : [];
  return [...new Set([...keys, ...own, ...unseen.map((arn) => `${arn} (not imported)`)])];
}
