/** `gatehouse impact`: what a proposed change of policies would have done to the calls of a trail. */
import {
  bytesOf,
  emptySummary,
  InputError,
  jsonReport,
  judgeOf,
  merge,
  type Question,
  type Result,
  replay,
  replayJournal,
  resultOf,
  StrictFault,
  sarifReport,
  textReport,
  worldFor,
} from '../impact/index.ts';
import { told, UsageError } from './plane.ts';

const usage = `Usage: npx gatehouse impact --trail PATH… --change FILE@TARGET… [option…]

Replays CloudTrail records with and without a change of policies and says which calls, by whom, would have been newly
denied or newly allowed. What the records do not tell is counted apart, as unknown, with what is missing.

  --trail PATH…            folders and files of CloudTrail records: .json, .json.gz, JSON Lines
  --journal DIR            the event history of a plane that is not running, by its data folder
  --org FILE…              the organization, as for gatehouse import account
  --account FILE…          output of aws iam get-account-authorization-details
  --policies FILE…         policies of resources, as for gatehouse import account
  --change FILE@TARGET…    what is proposed:
      scp.json@ou-ab12-…              attach an SCP or RCP (root, r-…, ou-… or an account id)
      -p-examplepolicy@ou-ab12-…      detach one
      scp.json@p-examplepolicy        new content of a policy of the organization
      [NAME=]policy.json@arn:…:role/x an inline policy, added or replaced (role, user, group)
      -NAME@arn:…:role/x              removed, or a managed policy detached by its ARN
      policy.json@arn:…:policy/x      new default version of a managed policy
      boundary:b.json@arn:…:role/x    permissions boundary; -boundary@… removes it
      trust:t.json@arn:…:role/x       trust policy
      key-policy.json@arn:aws:kms:…   a resource's own policy (key, bucket, queue, …); -policy@… removes it
  --json                   one JSON object
  --sarif                  SARIF 2.1.0, for code review
  --top N                  groups shown of each outcome (25)
  --fail-on OUTCOME,…      exit 1 when there is any: newly-denied, newly-allowed, unknown
  --strict                 stop at the first record or file that cannot be read
  --workers N              threads (one for each core; 0: none)
  --help                   this text

exit code: 0 done, 1 an outcome of --fail-on occurred, 2 wrong usage or input`;

type Kind = 'list' | 'text' | 'flag';

const OPTIONS: Readonly<Record<string, Kind>> = {
  ...{ trail: 'list', change: 'list', org: 'list', account: 'list', policies: 'list' },
  ...{ journal: 'text', top: 'text', 'fail-on': 'text', workers: 'text' },
  ...{ json: 'flag', sarif: 'flag', strict: 'flag', help: 'flag' },
};

const OUTCOMES: Readonly<Record<string, keyof Result['counts']>> = {
  'newly-denied': 'newlyDenied',
  'newly-allowed': 'newlyAllowed',
  unknown: 'unknown',
};

type Values = ReadonlyMap<string, readonly string[]>;

/** Runs the command with the arguments behind its name. Returns the exit code; see the usage. */
export function impact(args: readonly string[], out: (line: string) => void): Promise<number> {
  return told(async () => {
    try {
      const values = valuesOf(args);
      if (!values.has('help')) return await run(values, out);
      print(usage, out);
      return 0;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (!(error instanceof InputError) && !(error instanceof StrictFault) && code === undefined) throw error;
      throw new UsageError((error as Error).message);
    }
  });
}

/** Lists go on until the next `--`: what is detached begins with one dash. */
function valuesOf(args: readonly string[]): Values {
  const values = new Map<string, string[]>();
  for (let at = 0; at < args.length; at++) {
    const [name, ...rest] = (args[at] === '-h' ? '--help' : (args[at] ?? '')).replace(/^--/, '').split('=');
    const kind =
      args[at]?.startsWith('-') && name !== undefined && Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (kind === undefined || name === undefined) throw new InputError(`unknown argument ${args[at]}; see --help.`);
    const list = values.get(name) ?? [];
    values.set(name, list);
    if (kind === 'flag') continue;
    if (rest.length > 0) list.push(rest.join('='));
    else if (kind === 'text') list.push(args[++at] ?? '');
    else while (at + 1 < args.length && !args[at + 1]?.startsWith('--')) list.push(args[++at] ?? '');
    if (list.length === 0 || list.includes('')) throw new InputError(`--${name} needs a value; see --help.`);
  }
  return values;
}

async function run(values: Values, out: (line: string) => void): Promise<number> {
  const trail = values.get('trail') ?? [];
  const journal = values.get('journal')?.at(-1);
  const changes = values.get('change') ?? [];
  if (trail.length === 0 && journal === undefined)
    throw new InputError('impact: no --trail and no --journal given; see --help.');
  if (changes.length === 0) throw new InputError('impact: no --change given; see --help.');
  const failing = failingOf(values);
  const top = countOf(values, 'top', 25);
  const inputs = ['org', 'account', 'policies'].flatMap((name) => values.get(name) ?? []);
  const question: Question = { inputs, changes, strict: values.has('strict') };
  const summary = emptySummary();
  // Before the trail is read: what is wrong with the question is told at once.
  const world = await worldFor(question);
  if (trail.length > 0) merge(summary, await replayShown(trail, question, values));
  if (journal !== undefined) await replayJournal(journal, judgeOf(world), summary);
  const result = resultOf(summary, world.assumptions);
  if (values.has('json')) print(JSON.stringify(jsonReport(result), null, 2), out);
  else if (values.has('sarif')) print(JSON.stringify(sarifReport(result, changes), null, 2), out);
  else for (const line of textReport(result, top)) out(line);
  return failing.some((outcome) => result.counts[outcome] > 0) ? 1 : 0;
}

function failingOf(values: Values): (keyof Result['counts'])[] {
  return (values.get('fail-on') ?? [])
    .flatMap((list) => list.split(','))
    .map((name) => {
      const outcome = Object.hasOwn(OUTCOMES, name) ? OUTCOMES[name] : undefined;
      if (!outcome) throw new InputError(`--fail-on knows ${Object.keys(OUTCOMES).join(', ')}, not ${name}`);
      return outcome;
    });
}

function countOf(values: Values, name: string, otherwise: number): number {
  const text = values.get(name)?.at(-1);
  if (text === undefined) return otherwise;
  if (!/^\d{1,6}$/.test(text)) throw new InputError(`--${name} takes a number, not ${text}`);
  return Number(text);
}

function print(text: string, out: (line: string) => void): void {
  for (const line of text.split('\n')) out(line);
}

/** With a bar on standard error, when that is a terminal. */
async function replayShown(trail: readonly string[], question: Question, values: Values) {
  const workers = values.has('workers') ? countOf(values, 'workers', 0) : undefined;
  if (!process.stderr.isTTY) return replay(trail, question, { workers });
  const bar = progressBar();
  bytesOf(trail).then(bar.total, () => {});
  try {
    return await replay(trail, question, { workers, progress: bar.add });
  } finally {
    bar.end();
  }
}

const BAR_WIDTH = 30;

function progressBar() {
  const began = performance.now();
  let total = 0;
  let done = 0;
  let shown = 0;
  const show = () => {
    const now = performance.now();
    if (now - shown < 100 || total === 0) return;
    shown = now;
    const part = Math.min(1, done / total);
    const full = Math.round(part * BAR_WIDTH);
    const left = part > 0 ? ((now - began) / part - (now - began)) / 1000 : 0;
    const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
    process.stderr.write(`\r${bar} ${Math.floor(part * 100)} %  ${clock(left)} left \u001b[K`);
  };
  return {
    total: (bytes: number) => {
      total = bytes;
    },
    add: (bytes: number) => {
      done += bytes;
      show();
    },
    end: () => {
      process.stderr.write('\r\u001b[K');
    },
  };
}

const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds) % 60).padStart(2, '0')}`;
