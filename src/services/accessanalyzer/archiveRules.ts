/** Archive rules: what archives new findings by itself, and old ones when applied. */
import type {
  ApplyArchiveRuleRequest,
  ArchiveRuleSummary,
  CreateArchiveRuleRequest,
  DeleteArchiveRuleRequest,
  GetArchiveRuleRequest,
  GetArchiveRuleResponse,
  ListArchiveRulesRequest,
  ListArchiveRulesResponse,
  UpdateArchiveRuleRequest,
} from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { everyRow } from '../../store/everyRow.ts';
import { refresh } from './analyses.ts';
import { analyzerAccess, findAnalyzer, onAnalyzer } from './analyzerAccess.ts';
import { type Analyzer, analyzerArn } from './analyzerRows.ts';
import { type ArchiveRule, addArchiveRule, archiveRules } from './archiveRuleRows.ts';
import { notFound } from './errors.ts';
import { checkFilter, passes } from './filters.ts';
import { filterableOf, findings } from './findingRows.ts';
import { rowsPage } from './pages.ts';

interface Target {
  readonly analyzer: Analyzer;
  readonly rule: ArchiveRule;
}
interface Naming {
  readonly analyzerName: string;
  readonly ruleName: string;
}

const ruleArn = (analyzer: Analyzer, name: string) => `${analyzerArn(analyzer)}/archive-rule/${name}`;

async function findRule(ctx: Context, analyzer: Analyzer, name: string): Promise<Target | Missing> {
  const rule = await ctx.store.get(archiveRules, [analyzer.id, name]);
  if (rule) return { analyzer, rule };
  return new Missing(ruleArn(analyzer, name), notFound('ArchiveRule', name, `Archive rule ${name} not found.`));
}

const onRule = {
  async load(input: Naming, ctx: Context) {
    const analyzer = await findAnalyzer(ctx, input.analyzerName);
    if (!(analyzer instanceof Missing)) return findRule(ctx, analyzer, input.ruleName);
    return new Missing(`${analyzer.resource}/archive-rule/${input.ruleName}`, analyzer.error);
  },
  access: (_input: unknown, _ctx: Context, { analyzer, rule }: Target) => ({
    resource: ruleArn(analyzer, rule.name),
    resourceTags: analyzer.tags,
  }),
};

export const CreateArchiveRule: Operation<Present<CreateArchiveRuleRequest>, object, Analyzer> = {
  async load(input, ctx) {
    const analyzer = await findAnalyzer(ctx, input.analyzerName);
    if (!(analyzer instanceof Missing)) return analyzer;
    return new Missing(`${analyzer.resource}/archive-rule/${input.ruleName}`, analyzer.error);
  },
  access: (input, _ctx, analyzer) => ({
    resource: ruleArn(analyzer, input.ruleName),
    resourceTags: analyzer.tags,
  }),
  async run(input, ctx, analyzer) {
    checkFilter(input.filter, 'archive');
    await refresh(ctx, analyzer); // What is found by now is old: the rule is for what comes.
    const now = ctx.now.toISOString();
    const { ruleName: name, filter, clientToken } = input;
    const rule = { analyzer: analyzer.id, name, filter, created: now, updated: now };
    await addArchiveRule(ctx, clientToken === undefined ? rule : { ...rule, clientToken });
    return {};
  },
};

export const GetArchiveRule: Operation<Present<GetArchiveRuleRequest>, GetArchiveRuleResponse, Target> = {
  ...onRule,
  run: async (_input, _ctx, { rule }) => ({ archiveRule: view(rule) }),
};

export const ListArchiveRules: Operation<Present<ListArchiveRulesRequest>, ListArchiveRulesResponse, Analyzer> = {
  load: (input, ctx) => findAnalyzer(ctx, input.analyzerName),
  access: analyzerAccess,
  async run(input, ctx, analyzer) {
    const { rows, page } = await rowsPage(ctx, archiveRules, [analyzer.id], input);
    return { archiveRules: rows.map(view), ...page };
  },
};

export const UpdateArchiveRule: Operation<Present<UpdateArchiveRuleRequest>, object, Target> = {
  ...onRule,
  async run(input, ctx, { analyzer, rule }) {
    checkFilter(input.filter, 'archive');
    await refresh(ctx, analyzer);
    await ctx.store.replace(archiveRules, { ...rule, filter: input.filter, updated: ctx.now.toISOString() });
    return {};
  },
};

export const DeleteArchiveRule: Operation<Present<DeleteArchiveRuleRequest>, object, Target> = {
  ...onRule,
  async run(_input, ctx, { rule }) {
    await ctx.store.remove(archiveRules, [rule.analyzer, rule.name]);
    return {};
  },
};

/** Archives the active findings that the rule means. */
export const ApplyArchiveRule: Operation<Present<ApplyArchiveRuleRequest>, object, Analyzer> = {
  ...onAnalyzer,
  async run(input, ctx, analyzer) {
    const target = await findRule(ctx, analyzer, input.ruleName);
    if (target instanceof Missing) throw target.error;
    await refresh(ctx, analyzer);
    const updated = ctx.now.toISOString();
    for await (const finding of everyRow(ctx.store, findings, [analyzer.id])) {
      if (finding.status !== 'ACTIVE' || !passes(target.rule.filter, filterableOf(finding))) continue;
      await ctx.store.replace(findings, { ...finding, status: 'ARCHIVED', updated });
    }
    return {};
  },
};

const view = (rule: ArchiveRule): ArchiveRuleSummary => ({
  ruleName: rule.name,
  filter: { ...rule.filter },
  createdAt: new Date(rule.created),
  updatedAt: new Date(rule.updated),
});
