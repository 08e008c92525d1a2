/**
 * Looking without being asked: who listens to the events of findings hears of them within minutes. An analyzer whose
 * accounts have not changed costs a few cached rows.
 */
import type { Worker } from '../../core/worker.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Transaction } from '../../store/store.ts';
import { type Analyzer, analyzers } from './analyzerRows.ts';

const EVERY_MS = 60_000;

export const scan: Worker = {
  name: 'access-analyzer scan',
  everyMs: EVERY_MS,
  async work({ store, errand, log }) {
    for (const analyzer of await store.transaction(allAnalyzers)) {
      const { account, region } = analyzer;
      const { refresh } = await import('./analyses.ts');
      await errand({ principal: 'access-analyzer.amazonaws.com', account, region }, (ctx) =>
        refresh(ctx, analyzer),
      ).catch(log);
    }
    return false;
  },
};

async function allAnalyzers(tx: Transaction): Promise<Analyzer[]> {
  const all: Analyzer[] = [];
  for await (const analyzer of everyRow(tx, analyzers, [])) all.push(analyzer);
  return all;
}
