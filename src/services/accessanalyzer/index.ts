/** IAM Access Analyzer: who outside can reach what, who inside does, and what nobody uses. */
import * as sdk from '@aws-sdk/client-accessanalyzer';
import { defineService, type Limits } from '../../core/operation.ts';
import * as accessChecks from './accessChecks.ts';
import * as accessPreviews from './accessPreviews.ts';
import * as analyzedResources from './analyzedResources.ts';
import * as analyzers from './analyzers.ts';
import * as archiveRules from './archiveRules.ts';
import * as findings from './findings.ts';
import limits from './limits.json' with { type: 'json' };
import * as policyGeneration from './policyGeneration.ts';
import * as recommendations from './recommendations.ts';
import { GetFindingsStatistics } from './statistics.ts';
import * as tagging from './tagging.ts';
import { ValidatePolicy } from './validation.ts';

export const accessanalyzer = defineService({
  name: 'access-analyzer',
  eventSource: 'access-analyzer.amazonaws.com',
  sdk,
  wire: { protocols: ['restJson'], version: '2019-11-01' },
  limits: limits as unknown as Limits,
  operations: {
    ApplyArchiveRule: archiveRules.ApplyArchiveRule,
    CancelPolicyGeneration: policyGeneration.CancelPolicyGeneration,
    CheckAccessNotGranted: accessChecks.CheckAccessNotGranted,
    CheckNoNewAccess: accessChecks.CheckNoNewAccess,
    CheckNoPublicAccess: accessChecks.CheckNoPublicAccess,
    CreateAccessPreview: accessPreviews.CreateAccessPreview,
    CreateAnalyzer: analyzers.CreateAnalyzer,
    CreateArchiveRule: archiveRules.CreateArchiveRule,
    DeleteAnalyzer: analyzers.DeleteAnalyzer,
    DeleteArchiveRule: archiveRules.DeleteArchiveRule,
    GenerateFindingRecommendation: recommendations.GenerateFindingRecommendation,
    GetAccessPreview: accessPreviews.GetAccessPreview,
    GetAnalyzedResource: analyzedResources.GetAnalyzedResource,
    GetAnalyzer: analyzers.GetAnalyzer,
    GetArchiveRule: archiveRules.GetArchiveRule,
    GetFinding: findings.GetFinding,
    GetFindingRecommendation: recommendations.GetFindingRecommendation,
    GetFindingV2: findings.GetFindingV2,
    GetFindingsStatistics,
    GetGeneratedPolicy: policyGeneration.GetGeneratedPolicy,
    ListAccessPreviewFindings: accessPreviews.ListAccessPreviewFindings,
    ListAccessPreviews: accessPreviews.ListAccessPreviews,
    ListAnalyzedResources: analyzedResources.ListAnalyzedResources,
    ListAnalyzers: analyzers.ListAnalyzers,
    ListArchiveRules: archiveRules.ListArchiveRules,
    ListFindings: findings.ListFindings,
    ListFindingsV2: findings.ListFindingsV2,
    ListPolicyGenerations: policyGeneration.ListPolicyGenerations,
    ListTagsForResource: tagging.ListTagsForResource,
    StartPolicyGeneration: policyGeneration.StartPolicyGeneration,
    StartResourceScan: analyzedResources.StartResourceScan,
    TagResource: tagging.TagResource,
    UntagResource: tagging.UntagResource,
    UpdateAnalyzer: analyzers.UpdateAnalyzer,
    UpdateArchiveRule: archiveRules.UpdateArchiveRule,
    UpdateFindings: findings.UpdateFindings,
    ValidatePolicy,
  },
});
