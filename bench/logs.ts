/**
 * CloudWatch Logs over a real socket, with policy, audit and durability on: how many events a second PutLogEvents takes
 * in batches of several sizes, and how many FilterLogEvents and Logs Insights look through.
 *
 *   node bench/logs.ts [--seconds N] [--events N]
 *
 * The plane is one process on one core; the load comes from this one. Events are JSON of some 300 bytes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { load, type Signer, signedJson } from './load.ts';
import { endpointOf, ROOT, startPlane, target } from './servers.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, events: { type: 'string', default: '500000' } },
});
const seconds = Number(values.seconds);
const PLANE = target();
const SIGNER: Signer = { ...ROOT, service: 'logs' };
const STREAMS = 16;
const GROUP = 'bench';
const SCANNED = 'scanned';
let made = 0;

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-logs-'));
const plane = await startPlane(PLANE, folder);
const logs = new CloudWatchLogs({
  endpoint: endpointOf(PLANE),
  region: ROOT.region,
  credentials: ROOT,
});
try {
  for (const logGroupName of [GROUP, SCANNED]) await makeGroup(logGroupName);
  for (const size of [1, 10, 100, 1000]) await ingest(size);
  await fill(Number(values.events));
  await filterAll();
  const simple = 'filter code = 999 | fields @message';
  const heavy = 'filter @message like /user-(1|2)\\d*/ | stats count(*), avg(ms), pct(ms, 99) by path, bin(1m)';
  for (const query of [simple, heavy]) await ask(query);
} finally {
  plane.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

async function makeGroup(logGroupName: string): Promise<void> {
  await logs.createLogGroup({ logGroupName });
  for (let i = 0; i < STREAMS; i++) await logs.createLogStream({ logGroupName, logStreamName: `s${i}` });
}

function message(): string {
  const i = made++;
  const path = `/api/${['orders', 'users', 'items', 'carts'][i % 4]}`;
  const agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36';
  const request = { id: `req-${i * 7919}`, method: 'GET', path, code: [200, 200, 404, 500][i % 4], ms: (i * 37) % 900 };
  return JSON.stringify({ level: 'INFO', ...request, user: `user-${i % 1000}`, agent, region: 'eu-central-1' });
}

function eventsOf(count: number) {
  return Array.from({ length: count }, () => ({ timestamp: Date.now(), message: message() }));
}

async function ingest(size: number): Promise<void> {
  const requests = Array.from({ length: STREAMS }, (_, i) => {
    const input = { logGroupName: GROUP, logStreamName: `s${i}`, logEvents: eventsOf(size) };
    return signedJson(SIGNER, PLANE, 'Logs_20140328.PutLogEvents', JSON.stringify(input));
  });
  let turn = 0;
  const measured = await load(PLANE, () => requests[turn++ % STREAMS]!, { seconds });
  const rate = Math.round(measured.perSecond * size);
  const times = `p50 ${measured.p50.toFixed(2)} ms, p99 ${measured.p99.toFixed(2)} ms`;
  const calls = `${Math.round(measured.perSecond)} calls/s`;
  const statuses = JSON.stringify(measured.statuses);
  console.log(
    `PutLogEvents, ${String(size).padStart(4)} a batch  ${shown(rate)} events/s  ${calls}  ${times}  ${statuses}`,
  );
}

function shown(count: number): string {
  return count.toLocaleString('en').padStart(11);
}

async function fill(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1000) {
    const logStreamName = `s${(sent / 1000) % STREAMS}`;
    await logs.putLogEvents({ logGroupName: SCANNED, logStreamName, logEvents: eventsOf(1000) });
  }
}

async function filterAll(): Promise<void> {
  const begin = performance.now();
  let pages = 0;
  let nextToken: string | undefined;
  do {
    const filterPattern = '{ $.code = 999 && $.path = "/api/*" }';
    const page = await logs.filterLogEvents({ logGroupName: SCANNED, filterPattern, nextToken });
    nextToken = page.nextToken;
    pages++;
  } while (nextToken);
  told('FilterLogEvents, JSON pattern', begin, `${pages} pages`);
}

async function ask(queryString: string): Promise<void> {
  const begin = performance.now();
  const now = Math.ceil(Date.now() / 1000);
  const range = { startTime: now - 3600, endTime: now + 3600 };
  const { queryId } = await logs.startQuery({ logGroupName: SCANNED, queryString, ...range });
  let longest = 0;
  for (;;) {
    const asked = performance.now();
    const { status, statistics } = await logs.getQueryResults({ queryId });
    longest = Math.max(longest, performance.now() - asked);
    if (status === 'Complete') {
      const scanned = statistics?.recordsScanned;
      return told(
        `Insights: ${queryString}`,
        begin,
        `${scanned} scanned, others waited ${longest.toFixed(0)} ms at most`,
      );
    }
    if (status !== 'Running' && status !== 'Scheduled') throw new Error(`the query is ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function told(what: string, begin: number, more: string): void {
  const spent = (performance.now() - begin) / 1000;
  console.log(
    `${what}\n    ${shown(Math.round(Number(values.events) / spent))} events/s  ${spent.toFixed(2)} s  ${more}`,
  );
}
