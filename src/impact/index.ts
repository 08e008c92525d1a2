// What a change of policies would have meant to the calls of a trail: see docs/impact.md.

export { InputError } from './inputs.ts';
export { replayJournal } from './journal.ts';
export { judgeOf } from './judge.ts';
export { bytesOf, type Question, replay, StrictFault, worldFor } from './replay.ts';
export { jsonReport, textReport } from './report.ts';
export { sarifReport } from './sarif.ts';
export { emptySummary, merge, type Result, resultOf } from './summary.ts';
