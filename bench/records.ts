/**
 * Recorded calls, sustained: a trail with log file validation and Insights on, delivering into a bucket, and an
 * EventBridge rule for every service, while calls come at a fixed pace. Prints the rate every five seconds, how long
 * ago the last log file came, and the plane's memory; then whether it kept the pace, how long after the last call all
 * were in log files, and what the memory of the last third is to that of the second.
 * `node bench/records.ts [--rate N] [--seconds N] [--interval SECONDS]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { paginateListObjectsV2, S3 } from '@aws-sdk/client-s3';
import { services } from '../src/services/index.ts';
import { show } from './figures.ts';
import { type Signer, signedForm } from './load.ts';
import { endpointOf, ROOT, residentMb, startPlane, target } from './servers.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '8000' },
    seconds: { type: 'string', default: '60' },
    interval: { type: 'string', default: '10' },
  },
});
const [rate, seconds] = [Number(values.rate), Number(values.seconds)];
const CONNECTIONS = 128;
const PATIENCE_MS = 60_000;
const PLANE = target();
const ACCOUNT = '000000000001';
const SERVICES = [...new Set(services.map(({ name }) => name))];
/** Calls come a little faster than they must: each waits for its turn, so the mean is below the pace. */
const PACE = 1.02;
const GROWTH_MAX = 1.1;

const data = mkdtempSync(join(tmpdir(), 'gatehouse-records-'));
const config = { region: ROOT.region, endpoint: endpointOf(PLANE), credentials: ROOT };
const s3 = new S3({ ...config, forcePathStyle: true });
const trail = new CloudTrail(config);
const counted = new Map<string, number>();
const plane = await startPlane(PLANE, data, ['--trail-interval', values.interval]);
try {
  await watched();
  console.log(
    `${rate} calls/s for ${seconds} s, trail interval ${values.interval} s, ${SERVICES.length} rules, Insights on`,
  );
  await sustained();
} finally {
  plane.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
}

/** The trail, its bucket, and a rule a service. */
async function watched(): Promise<void> {
  const events = new EventBridge(config);
  await s3.createBucket({ Bucket: 'bench-logs' });
  const Principal = { Service: 'cloudtrail.amazonaws.com' };
  const Statement = [
    { Effect: 'Allow', Principal, Action: 's3:GetBucketAcl', Resource: 'arn:aws:s3:::bench-logs' },
    { Effect: 'Allow', Principal, Action: 's3:PutObject', Resource: `arn:aws:s3:::bench-logs/AWSLogs/${ACCOUNT}/*` },
  ];
  await s3.putBucketPolicy({ Bucket: 'bench-logs', Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  await trail.createTrail({ Name: 'bench', S3BucketName: 'bench-logs', EnableLogFileValidation: true });
  const InsightSelectors = [{ InsightType: 'ApiCallRateInsight' }, { InsightType: 'ApiErrorRateInsight' }] as const;
  await trail.putInsightSelectors({ TrailName: 'bench', InsightSelectors: [...InsightSelectors] });
  await trail.startLogging({ Name: 'bench' });
  for (const service of SERVICES) {
    const pattern = { source: [`aws.${service}`], detail: { eventName: [`Nothing${service}`, { prefix: 'Never' }] } };
    await events.putRule({ Name: service, EventPattern: JSON.stringify(pattern) });
  }
}

/** Sends at the pace, as far as the plane keeps up; a line a second. */
async function sustained(): Promise<void> {
  const requests = prepared();
  let answered = 0;
  const statuses: Record<string, number> = {};
  const began = performance.now();
  const sockets = Array.from({ length: CONNECTIONS }, (_, n) => connection(n));
  const rates: number[] = [];
  const memory: number[] = [];
  for (let second = 1, before = 0; second <= seconds; second++) {
    await pause(began + second * 1000 - performance.now());
    rates.push(answered - before);
    before = answered;
    if (second % 5 !== 0) continue;
    memory.push(residentMb(plane));
    const share = rates.slice(-5).reduce((a, b) => a + b, 0) / 5;
    const late = await lateness();
    console.log(`${second} s  ${Math.round(share)}/s  last log file ${late.toFixed(1)} s ago  ${memory.at(-1)} MB`);
  }
  for (const socket of await Promise.all(sockets)) socket.destroy();
  const calls = answered;
  const ended = performance.now();
  while ((await delivered()) < calls && performance.now() - ended < PATIENCE_MS) await pause(1000);
  const after = (performance.now() - ended) / 1000;
  const mean = rates.reduce((a, b) => a + b, 0) / rates.length;
  show('mean of recorded calls', mean, '/s', { atLeast: rate }, JSON.stringify(statuses));
  const missing = Math.max(0, calls - (await delivered()));
  show(`of ${calls.toLocaleString('en')} calls, in no log file`, missing, 'calls', { atMost: 0 });
  // What grows behind would be gathered for longer than an interval and a little.
  show('until the last was in one', after, 's', { atMost: 2 * Number(values.interval) });
  const third = Math.ceil(memory.length / 3);
  const growth = most(memory.slice(-third)) / most(memory.slice(-2 * third, -third));
  show('memory, last third to second', growth, 'times', { atMost: GROWTH_MAX }, `${memory.join(' ')} MB`);

  async function connection(n: number) {
    const socket = connect(PLANE.port, PLANE.host);
    socket.setNoDelay(true);
    let sent = 0;
    const send = () => {
      // Each connection has its share of the pace.
      const due = began + ((sent * CONNECTIONS + n) / (rate * PACE)) * 1000;
      const wait = due - performance.now();
      sent++;
      const request = requests[(sent * CONNECTIONS + n) % requests.length]!;
      if (wait > 1) setTimeout(() => socket.write(request), wait);
      else socket.write(request);
    };
    let pending = '';
    socket.on('connect', send);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1');
      const head = pending.indexOf('\r\n\r\n');
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(pending)?.[1] ?? 0);
      if (head < 0 || pending.length < head + 4 + length) return;
      const status = pending.slice(9, 12);
      statuses[status] = (statuses[status] ?? 0) + 1;
      pending = pending.slice(head + 4 + length);
      answered++;
      send();
    });
    return socket;
  }
}

function most(megabytes: readonly number[]): number {
  return Math.max(...megabytes);
}

/** Calls that are recorded: some read, some write, some are refused. */
function prepared(): Buffer[] {
  const iam: Signer = { ...ROOT, service: 'iam' };
  const sts: Signer = { ...ROOT, service: 'sts' };
  return Array.from({ length: 200 }, (_, n) => {
    if (n % 4 === 0) return signedForm(iam, PLANE, 'Action=GetAccountSummary&Version=2010-05-08');
    if (n % 10 === 1) return signedForm(iam, PLANE, `Action=DeleteUser&UserName=nobody-${n}&Version=2010-05-08`);
    return signedForm(sts, PLANE, 'Action=GetCallerIdentity&Version=2011-06-15');
  });
}

/** Seconds since the last log file arrived. */
async function lateness(): Promise<number> {
  const { LatestDeliveryTime: last, StartLoggingTime: began } = await trail.getTrailStatus({ Name: 'bench' });
  return (Date.now() - (last ?? began ?? new Date()).getTime()) / 1000;
}

/** How many of the calls are in log files. */
async function delivered(): Promise<number> {
  let count = 0;
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: 'bench-logs' })) {
    for (const { Key, Size } of Contents) {
      if (!Size || !Key?.includes('/CloudTrail/')) continue;
      if (!counted.has(Key)) counted.set(Key, await callsIn(Key));
      count += counted.get(Key) ?? 0;
    }
  }
  return count;
}

async function callsIn(Key: string): Promise<number> {
  const { Body } = await s3.getObject({ Bucket: 'bench-logs', Key });
  const text = gunzipSync(await Body!.transformToByteArray()).toString();
  return text.split('"userAgent":"bench"').length - 1;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
