/** The rows of analyzers. */
import type { AnalyzerConfiguration, Type } from '@aws-sdk/client-accessanalyzer';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

export interface Analyzer {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** UUID: an analyzer made anew under an old name has findings of its own. */
  readonly id: string;
  readonly type: Type;
  readonly created: string;
  readonly tags: readonly Tag[];
  readonly configuration?: AnalyzerConfiguration;
  readonly clientToken?: string;
}

/** Index `type`: [account, region, type]. */
export const analyzers = table<Analyzer>('accessanalyzer_analyzer', {
  key: (a) => [a.account, a.region, a.name],
  indexes: { type: (a) => [[a.account, a.region, a.type]] },
});

export const arnNamed = (ctx: { account: string; region: string }, name: string) =>
  `arn:aws:access-analyzer:${ctx.region}:${ctx.account}:analyzer/${name}`;
export const analyzerArn = (analyzer: Analyzer) => arnNamed(analyzer, analyzer.name);
