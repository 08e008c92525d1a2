/** The event pattern language, as a library: pattern texts in, matches out. */
export { compilePattern, type Pattern } from './pattern.ts';
export { type RuleSet, ruleSetOf } from './ruleSet.ts';
export { InvalidPattern, isDeep } from './text.ts';
