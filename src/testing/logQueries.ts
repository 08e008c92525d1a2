/** Log groups with events in them, and queries of Logs Insights that are waited for. */
import assert from 'node:assert/strict';
import { type Cloud, testCloud } from './cloud.ts';

export const START = Date.parse('2030-01-01T00:00:00Z');

export async function cloudWith(events: readonly (readonly [at: number, message: string | object])[], group = 'app') {
  const cloud = await testCloud();
  await fill(cloud, group, events);
  return cloud;
}

export async function fill(cloud: Cloud, group: string, events: readonly (readonly [number, string | object])[]) {
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: group });
  await logs.createLogStream({ logGroupName: group, logStreamName: 's' });
  for (let from = 0; from < events.length; from += 1000) {
    const logEvents = events.slice(from, from + 1000).map(([at, message]) => ({
      timestamp: START + at,
      message: typeof message === 'string' ? message : JSON.stringify(message),
    }));
    await logs.putLogEvents({ logGroupName: group, logStreamName: 's', logEvents });
  }
}

export async function ask(cloud: Cloud, queryString: string, more: object = {}) {
  const { logs } = cloud.root;
  const range = { startTime: START / 1000 - 86_400, endTime: START / 1000 + 86_400 };
  const { queryId } = await logs.startQuery({ logGroupName: 'app', queryString, ...range, ...more });
  await cloud.settle();
  const answer = await logs.getQueryResults({ queryId });
  assert.equal(answer.status, 'Complete', queryString);
  return answer;
}

/** Rows as objects, without pointers. */
export async function rows(cloud: Cloud, queryString: string, more: object = {}) {
  const { results } = await ask(cloud, queryString, more);
  return results!.map((row) =>
    Object.fromEntries(row.filter(({ field }) => field !== '@ptr').map(({ field, value }) => [field, value])),
  );
}
