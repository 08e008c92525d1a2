/**
 * What is proposed: `FILE@TARGET` puts a policy somewhere, `-NAME@TARGET` takes one away.
 *
 * | written                            | means                                                              |
 * |------------------------------------|--------------------------------------------------------------------|
 * | `scp.json@ou-…` (`r-…`, `root`, id)| attach an SCP, or an RCP when its statements name principals       |
 * | `-p-…@ou-…`                        | detach it                                                          |
 * | `scp.json@p-…`                     | the policy's new content, wherever it is attached                  |
 * | `NAME=policy.json@arn:…:role/x`    | an inline policy, added or replaced (role, user, group)            |
 * | `-NAME@arn:…:role/x`               | remove it; NAME may be the ARN of an attached managed policy       |
 * | `policy.json@arn:…:policy/x`       | a managed policy's new default version                             |
 * | `boundary:b.json@arn:…:role/x`     | set the permissions boundary; `-boundary@…` removes it             |
 * | `trust:t.json@arn:…:role/x`        | the role's trust policy                                            |
 * | `key-policy.json@arn:aws:kms:…`    | a resource's own policy (key, bucket, queue, …); `-policy@…`       |
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { compilePolicy } from '../policy/index.ts';
import { InputError } from './inputs.ts';

export type Change =
  | {
      readonly kind: 'attach';
      readonly type: GuardrailKind;
      readonly id: string;
      readonly target: string;
      readonly text: string;
    }
  | { readonly kind: 'detach'; readonly id: string; readonly target: string }
  | { readonly kind: 'content'; readonly id: string; readonly text: string }
  /** Undefined text removes. */
  | { readonly kind: 'identity'; readonly arn: string; readonly name: string; readonly text: string | undefined }
  | { readonly kind: 'managed'; readonly arn: string; readonly text: string }
  | { readonly kind: 'boundary'; readonly arn: string; readonly text: string | undefined }
  | { readonly kind: 'resource'; readonly arn: string; readonly text: string | undefined };

export type GuardrailKind = 'scp' | 'rcp';

const TARGET = /^(root|r-[a-z0-9]{4,32}|ou-[a-z0-9-]+|p-[A-Za-z0-9_]+|\d{12}|arn:[^@]*:.*)$/;

/** Reads a change as the command line writes it. Throws InputError. */
export function changeOf(written: string): Change {
  const [what, target] = split(written);
  if (what.startsWith('-')) return removal(what.slice(1), target, written);
  const [kind, named, file] = partsOf(what);
  const text = policyText(file);
  const name = named ?? basename(file);
  if (target.startsWith('p-')) return { kind: 'content', id: target, text };
  if (!target.startsWith('arn:')) {
    return { kind: 'attach', type: namesPrincipals(text) ? 'rcp' : 'scp', id: name, target, text };
  }
  return onArn(kind ?? (named ? undefined : kindByName(basename(file), target)), target, name, text, written);
}

function split(written: string): [what: string, target: string] {
  for (let at = written.indexOf('@'); at >= 0; at = written.indexOf('@', at + 1)) {
    const target = written.slice(at + 1);
    if (at > 0 && TARGET.test(target)) return [written.slice(0, at), target];
  }
  throw new InputError(`--change ${written}: write FILE@TARGET, the target a root, OU, account, policy id or ARN`);
}

function partsOf(what: string): [kind: string | undefined, name: string | undefined, file: string] {
  const kind = /^(boundary|trust|identity):/.exec(what)?.[1];
  const rest = kind ? what.slice(kind.length + 1) : what;
  const named = /^([\w+=,.@-]*?[\w+,.@-])=(.+)$/.exec(rest);
  return named ? [kind, named[1], named[2] ?? ''] : [kind, undefined, rest];
}

/** Of a principal both a policy and a boundary can be meant, of a role a trust policy too: the file's name tells. */
function kindByName(file: string, arn: string): string | undefined {
  if (!/:(role|user)\//.test(arn)) return undefined;
  return /^(boundary|trust)\b/.exec(file)?.[1];
}

function onArn(kind: string | undefined, arn: string, name: string, text: string, written: string): Change {
  const iam = /^arn:[^:]+:iam::[^:]*:(role|user|group|policy)\//.exec(arn)?.[1];
  if (iam === undefined) {
    if (kind !== undefined) throw new InputError(`--change ${written}: ${kind} goes to a user or role`);
    return { kind: 'resource', arn, text };
  }
  if (kind === 'trust') {
    if (iam !== 'role') throw new InputError(`--change ${written}: only roles have a trust policy`);
    return { kind: 'resource', arn, text };
  }
  if (kind === 'boundary') {
    if (iam !== 'role' && iam !== 'user')
      throw new InputError(`--change ${written}: only users and roles have a boundary`);
    return { kind: 'boundary', arn, text };
  }
  return iam === 'policy' ? { kind: 'managed', arn, text } : { kind: 'identity', arn, name, text };
}

function removal(what: string, target: string, written: string): Change {
  if (!target.startsWith('arn:')) {
    if (!what.startsWith('p-')) throw new InputError(`--change ${written}: -p-…@TARGET detaches a policy by its id`);
    return { kind: 'detach', id: what, target };
  }
  if (!/:iam::/.test(target)) return { kind: 'resource', arn: target, text: undefined };
  if (what === 'boundary') return { kind: 'boundary', arn: target, text: undefined };
  return { kind: 'identity', arn: target, name: what, text: undefined };
}

function policyText(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new InputError(`--change: ${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    compilePolicy(text);
  } catch (error) {
    throw new InputError(`--change: ${file}: ${(error as Error).message}`);
  }
  return text;
}

/** RCPs name principals, SCPs do not. */
const namesPrincipals = (text: string) =>
  compilePolicy(text).body.document.statements.some(({ principal, notPrincipal }) => principal ?? notPrincipal);

/** The file that a change reads and the name its policy has; undefined of one that only takes away. */
export function changedFile(written: string): { readonly file: string; readonly name: string } | undefined {
  const [what, target] = split(written);
  if (what.startsWith('-')) return undefined;
  const [, named, file] = partsOf(what);
  return { file, name: target.startsWith('p-') ? target : (named ?? basename(file)) };
}
