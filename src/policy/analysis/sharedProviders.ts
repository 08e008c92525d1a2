// OIDC providers that many organizations share, and the keys whose values tell the organizations apart: without one of
// them a role's trust in the provider is trust in all of its customers.
// Source: IAM User Guide, Identity-provider controls for shared OIDC providers, and Available keys for AWS OIDC
// federation.

/** Provider, as its ARN ends or as principals name it, to the claims that say whose token it is. */
const claims: Readonly<Record<string, readonly string[]>> = {
  'accounts.google.com': ['aud', 'oaud', 'sub'],
  'agent.buildkite.com': ['sub'],
  'api.pulumi.com/oidc': ['aud'],
  'app.terraform.io': ['sub'],
  'cognito-identity.amazonaws.com': ['aud', 'sub'],
  'gitlab.com': ['sub'],
  'graph.facebook.com': ['app_id', 'id'],
  'oidc-configuration.audit-log.githubusercontent.com': ['sub'],
  'oidc.codefresh.io': ['sub'],
  'oidc.vercel.com': ['aud'],
  'proidc.upbound.io': ['sub'],
  'sandboxes.cloud': ['aud'],
  'scalr.io': ['sub'],
  'studio.datachain.ai/api': ['sub'],
  'token.actions.githubusercontent.com': ['sub'],
  'tokens.cloud.shisho.dev': ['sub'],
  'vstoken.actions.githubusercontent.com': ['sub'],
  'www.amazon.com': ['app_id', 'user_id'],
};

const tenancyKeys = new Set(
  Object.entries(claims).flatMap(([provider, names]) => names.map((name) => `${provider}:${name}`)),
);

/** True for a federated principal that is a shared provider. */
export function isShared(name: string): boolean {
  return Object.hasOwn(claims, name.slice(name.indexOf(':oidc-provider/') < 0 ? 0 : name.indexOf('/') + 1));
}

/** True for a condition key, in lower case, whose values name an organization or application of a shared provider. */
export const isTenancyKey = (key: string) => tenancyKeys.has(key);

/** True when a value names one of them: `repo:org/*` does, `repo:*` does not. */
export function namesTenant(value: string): boolean {
  return !/[*?]/.test(value) || /^[^:*?]+:[^:/*?]+[:/]/.test(value);
}
