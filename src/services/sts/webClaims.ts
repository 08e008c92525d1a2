/**
 * Claims of web identity tokens as condition keys, `host/path:claim`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 */
import type { OpenIdToken } from './openIdTokens.ts';

type Values = Readonly<Record<string, string | readonly string[]>>;

const GITHUB = [
  'actor',
  'actor_id',
  'enterprise_id',
  'environment',
  'job_workflow_ref',
  'ref',
  'repository',
  'repository_id',
  'repository_owner_id',
  'workflow',
];

const BUILDKITE = [
  'build_branch',
  'cluster_id',
  'cluster_name',
  'organization_id',
  'organization_slug',
  'pipeline_id',
  'pipeline_slug',
];

const GITLAB = [
  'namespace_id',
  'pipeline_source',
  'project_id',
  'ref_protected',
  'runner_environment',
  'user_access_level',
  'user_email',
  'user_id',
  'user_login',
];

/** Claims beyond the standard ones that AWS makes keys of, by provider. */
const providerClaims: readonly (readonly [url: RegExp, claims: readonly string[]])[] = [
  [/^token\.actions\.(githubusercontent\.com(\/.*)?|[^./]+\.ghe\.com)$/, GITHUB],
  [/^github\.com\/enterprises\/[^/]+$/, GITHUB],
  [/^gitlab\.com$/, GITLAB],
  [/^agent\.(buildkite\.com|[^./]+\.buildkite\.(dev|site))$/, BUILDKITE],
  [/^oidc\.circleci\.com\/org\/[^/]+$/, ['oidc.circleci.com/project-id']],
  [/^idcs-[^./]+\.identity\.oraclecloud\.com$/, ['rpst_id']],
];

/** Keys of the request that trades the token for a role. */
export function claimConditions(token: OpenIdToken): Values {
  const { url, claims } = token;
  const extra = providerClaims.find(([pattern]) => pattern.test(url))?.[1] ?? [];
  return {
    ...sessionClaims(token),
    ...keyed(url, 'oaud', claims.aud),
    ...keyed(url, 'email', claims.email),
    ...Object.assign({}, ...extra.map((name) => keyed(url, name, claims[name]))),
    ...keyed(url, 'google/organization_number', googleOrganization(claims.google)),
  };
}

/** Keys that stay with the session. */
export const sessionClaims = ({ url, subject, audience, claims }: OpenIdToken): Values => ({
  [`${url}:aud`]: audience,
  [`${url}:sub`]: subject,
  ...keyed(url, 'amr', claims.amr),
});

function keyed(url: string, name: string, value: unknown): Values {
  if (Array.isArray(value)) return { [`${url}:${name}`]: value.map(String) };
  return ['string', 'number', 'boolean'].includes(typeof value) ? { [`${url}:${name}`]: String(value) } : {};
}

const googleOrganization = (google: unknown) =>
  typeof google === 'object' && google !== null && 'organization_number' in google
    ? google.organization_number
    : undefined;
