// The policy engine: documents in, a compiled form kept, a request context in, a verdict with its reasons out.
// Imports nothing.

export { type PolicyCase, PolicyCaseError, readPolicyCase } from './case.ts';
export { type CompiledPolicy, compilePolicy, named, type Statement } from './compile.ts';
export { type ContextValue, contextOf, type RequestContext } from './context.ts';
export { type Decision, decide, type Verdict } from './decide.ts';
export { denialReason } from './denial.ts';
export {
  type ConditionElement,
  type PolicyDocument,
  type PrincipalElement,
  parsePolicy,
  type StatementElement,
} from './document.ts';
export {
  type ConditionExplanation,
  type ElementExplanation,
  type Explanation,
  explain,
  type LayerExplanation,
  type PolicyExplanation,
  type StatementExplanation,
} from './explain.ts';
export { explanationText } from './explanationText.ts';
export type { Grant, GrantConstraints } from './grants.ts';
export { PolicySyntaxError } from './json.ts';
export { matchesPattern } from './match.ts';
export type { Principal, PrincipalType } from './principals.ts';
export type { PolicyKind, PolicyRequest, PolicySet, RequestFlags } from './request.ts';
export { type DocumentKind, validatePolicy } from './validate.ts';
