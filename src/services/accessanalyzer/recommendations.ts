/**
 * What to do about unused permissions: for each policy of the principal that has some, a policy without them, or to
 * detach it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html
 */
import type {
  GenerateFindingRecommendationRequest,
  GetFindingRecommendationRequest,
  GetFindingRecommendationResponse,
  RecommendationError,
  RecommendedRemediationAction,
} from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { managedDocument } from '../../identity/policies.ts';
import { byName, managedPolicies, type Role, roles, type User, users } from '../../identity/principals.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import { onAnalyzer } from './analyzerAccess.ts';
import type { Analyzer } from './analyzerRows.ts';
import { failNotSupported, notFound } from './errors.ts';
import type { Finding } from './findingRows.ts';
import { findFinding } from './findings.ts';
import { remedyFor, type Unused } from './leastPrivilege.ts';
import { itemsPage } from './pages.ts';

interface Step {
  readonly action: RecommendedRemediationAction;
  /** ARN of a managed policy, name of an inline one. */
  readonly policy: string;
  readonly updated?: string;
  readonly document?: string;
}

interface Recommendation {
  /** Id of the analyzer. */
  readonly analyzer: string;
  readonly finding: string;
  readonly resource: string;
  readonly time: string;
  readonly steps: readonly Step[];
  readonly error?: RecommendationError;
}

const recommendations = table<Recommendation>('accessanalyzer_recommendation', {
  key: (r) => [r.analyzer, r.finding],
});

type Generate = Operation<Present<GenerateFindingRecommendationRequest>, object, Analyzer>;
export const GenerateFindingRecommendation: Generate = {
  ...onAnalyzer,
  async run({ id }, ctx, analyzer) {
    const finding = await findFinding(ctx, analyzer, id);
    if (finding.type !== 'UnusedPermission') {
      failNotSupported('Recommendations are supported for unused permission findings only.');
    }
    const { resource } = finding;
    const outcome = await recommended(ctx, finding);
    const row = { analyzer: analyzer.id, finding: id, resource, time: ctx.now.toISOString(), ...outcome };
    await ctx.store.replace(recommendations, row);
    return {};
  },
};

type Get = Operation<Present<GetFindingRecommendationRequest>, GetFindingRecommendationResponse, Analyzer>;
export const GetFindingRecommendation: Get = {
  ...onAnalyzer,
  async run(input, ctx, analyzer) {
    const row = await ctx.store.get(recommendations, [analyzer.id, input.id]);
    if (!row) throw notFound('FindingRecommendation', input.id, `No recommendation for finding ${input.id} found.`);
    const { items, page } = itemsPage(row.steps, input);
    return {
      startedAt: new Date(row.time),
      completedAt: new Date(row.time),
      resourceArn: row.resource,
      recommendationType: 'UnusedPermissionRecommendation',
      status: row.error ? 'FAILED' : 'SUCCEEDED',
      recommendedSteps: items.map((step) => ({ unusedPermissionsRecommendedStep: view(step) })),
      ...(row.error && { error: { ...row.error } }),
      ...page,
    };
  },
};

export async function forgetRecommendations(ctx: Context, analyzer: Analyzer): Promise<void> {
  for await (const { finding } of everyRow(ctx.store, recommendations, [analyzer.id])) {
    await ctx.store.remove(recommendations, [analyzer.id, finding]);
  }
}

const view = ({ action, policy, updated, document }: Step) => ({
  recommendedAction: action,
  existingPolicyId: policy,
  ...(updated !== undefined && { policyUpdatedAt: new Date(updated) }),
  ...(document !== undefined && { recommendedPolicy: document }),
});

type Outcome = Pick<Recommendation, 'steps' | 'error'>;
const failed = (message: string): Outcome => ({ steps: [], error: { code: 'UNSUPPORTED', message } });

async function recommended(ctx: Context, finding: Finding): Promise<Outcome> {
  const holder = await holderOf(ctx, finding);
  if (!holder) return failed('The principal no longer exists.');
  if ('groups' in holder && holder.groups.length > 0) {
    return failed('Recommendations are not supported for an IAM user that is in a user group.');
  }
  if (holder.path.startsWith('/aws-reserved/')) {
    return failed('Recommendations are not supported for an IAM role for IAM Identity Center.');
  }
  const steps: Step[] = [];
  for (const { policy, text, updated } of await policiesOf(ctx, holder)) {
    const remedy = remedyFor(text, unusedIn(finding));
    const common = { policy, ...(updated !== undefined && { updated }) };
    if (remedy.kind === 'unsupported') {
      return failed('Recommendations are not supported for policies that include the notAction element.');
    }
    if (remedy.kind === 'replace') steps.push({ ...common, action: 'CREATE_POLICY', document: remedy.document });
    if (remedy.kind === 'detach') steps.push({ ...common, action: 'DETACH_POLICY' });
  }
  return { steps };
}

async function holderOf(ctx: Context, { owner, resource, resourceType }: Finding): Promise<User | Role | undefined> {
  const key = byName(owner, resource.slice(resource.lastIndexOf('/') + 1));
  return resourceType === 'AWS::IAM::User' ? ctx.store.get(users, key) : ctx.store.get(roles, key);
}

async function policiesOf(ctx: Context, holder: User | Role) {
  const found: { policy: string; text: string; updated?: string }[] = [];
  for (const [policy, text] of Object.entries(holder.inline)) found.push({ policy, text });
  for (const policy of holder.attached) {
    const text = (await managedDocument(ctx.store, policy))?.body.text;
    const row = await ctx.store.get(
      managedPolicies,
      byName(policy.split(':')[4] ?? '', policy.split('/').at(-1) ?? ''),
    );
    if (text !== undefined) found.push({ policy, text, ...(row && { updated: row.updated }) });
  }
  return found;
}

function unusedIn({ details }: Finding): Unused {
  const unused = new Map<string, 'all' | ReadonlySet<string>>();
  for (const { unusedPermissionDetails: detail } of details) {
    if (!detail?.serviceNamespace) continue;
    const names = detail.actions?.map(({ action }) => (action ?? '').toLowerCase());
    unused.set(detail.serviceNamespace, names ? new Set(names) : 'all');
  }
  return unused;
}
