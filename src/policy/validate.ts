// What the write APIs say about a document they refuse: the message of MalformedPolicyDocument. Each API family has
// a reader of its own in AWS, with its own words: the one behind CreatePolicy and Put…Policy, the one behind role
// trust policies and resource-based policies, and Organizations with one sentence for everything.

import { type Json, PolicySyntaxError, readJson } from './json.ts';
import { identityFault } from './validateIdentity.ts';
import { isAcceptableRcp, isAcceptableScp } from './validateOrganization.ts';
import { resourceFault } from './validateResource.ts';

/** `identity` is a managed policy; `inline` one that is put into a user, group or role. */
export type DocumentKind = 'identity' | 'inline' | 'session' | 'resource' | 'trust' | 'scp' | 'rcp';

const unfit = 'The provided policy document does not meet the requirements of the specified policy type.';

const faults: Readonly<Record<DocumentKind, (document: Json) => string | undefined>> = {
  identity: (document) => identityFault(document, 'identity'),
  inline: (document) => identityFault(document, 'inline'),
  session: (document) => identityFault(document, 'session'),
  resource: (document) => resourceFault(document, false),
  trust: (document) => resourceFault(document, true),
  scp: (document) => (isAcceptableScp(document) ? undefined : unfit),
  rcp: (document) => (isAcceptableRcp(document) ? undefined : unfit),
};

const notJson: Readonly<Record<DocumentKind, string>> = {
  identity: 'Syntax errors in policy.',
  inline: 'Syntax errors in policy.',
  session: 'Syntax errors in policy.',
  resource: 'This policy contains invalid Json',
  trust: 'This policy contains invalid Json',
  scp: unfit,
  rcp: unfit,
};

/** The sentence of AWS's MalformedPolicyDocument for this text, undefined when the document is acceptable. */
export function validatePolicy(text: string, kind: DocumentKind): string | undefined {
  let document: Json;
  try {
    document = readJson(text);
  } catch (error) {
    if (error instanceof PolicySyntaxError) return notJson[kind];
    throw error;
  }
  return faults[kind](document);
}
