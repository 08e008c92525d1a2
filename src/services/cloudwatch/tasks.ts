/**
 * What alarms and metric streams leave to be done. It loads with the plane; what the work needs loads with the first
 * piece of it.
 */
import type { TaskHandler } from '../../core/tasks.ts';
import { STREAMER } from './metricStreamRows.ts';

const PRINCIPAL = 'cloudwatch.amazonaws.com';

// biome-ignore lint/suspicious/noExplicitAny: a body is its handler's own affair
const lazily = (kind: string, load: () => Promise<TaskHandler<any>>): TaskHandler => ({
  kind,
  principal: PRINCIPAL,
  settle: async (...args) => (await load()).settle(...args),
});

const actions = async () => (await import('./alarmActions.ts')).alarmActions;

const logRun = async () => (await import('./logAlarmEvaluation.ts')).logAlarmRun;
const logResult = async () => (await import('./logAlarmEvaluation.ts')).logAlarmResult;

const stream = async () => (await import('./metricStreamTask.ts')).metricStreamTask;

export const alarmTasks: readonly TaskHandler[] = [
  {
    ...lazily('cloudwatch.act', actions),
    failed: async (...args) => (await actions()).failed!(...args),
  },
  lazily('cloudwatch.evaluate', async () => (await import('./alarmEvaluation.ts')).alarmEvaluation),
  lazily('cloudwatch.compose', async () => (await import('./compositeEvaluation.ts')).compositeEvaluation),
  {
    ...lazily('cloudwatch.log-run', logRun),
    failed: async (...args) => (await logRun()).failed!(...args),
  },
  {
    ...lazily('cloudwatch.log-result', logResult),
    failed: async (...args) => (await logResult()).failed!(...args),
  },
  {
    ...lazily('cloudwatch.stream', stream),
    principal: STREAMER,
    failed: async (...args) => (await stream()).failed!(...args),
  },
  lazily('cloudwatch.release', async () => (await import('./compositeEvaluation.ts')).actionRelease),
];
