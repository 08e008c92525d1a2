/** `gatehouse outbox`: text messages, and mail of topics, that nothing sends. */
import { PLANE_HELP, PLANE_OPTIONS, parsed, planeOf, told, UsageError } from './plane.ts';
import { signedPage } from './signedPage.ts';

const HELP = `Usage: npx gatehouse outbox [OPTION…]

Prints what SNS did not send in the last two weeks, the newest first: text messages (codes that verify a telephone among
them), and mail where the plane was started without --smtp (the links that confirm a subscription). Of the caller's
account, in the Region; other Regions by --region. The caller needs sns:Subscribe and sns:ConfirmSubscription on all
topics of the Region, sns:VerifySMSSandboxPhoneNumber and sns:SetSMSAttributes; each look is recorded.

  --limit N        as many at most (20; 100 at most)
  --next TOKEN     what comes after: the token at the end of the page before
  --json           the messages as JSON, with the token
${PLANE_HELP}`;

interface Message {
  readonly time: string;
  readonly protocol: string;
  readonly to: string;
  readonly topic?: string;
  readonly subject?: string;
  readonly text: string;
}

interface Outbox {
  readonly messages: readonly Message[];
  readonly next?: string;
}

export function outbox(args: readonly string[], out: (line: string) => void): Promise<number> {
  return told(async () => {
    const options = {
      ...PLANE_OPTIONS,
      limit: { type: 'string' },
      next: { type: 'string' },
      json: { type: 'boolean' },
    } as const;
    const { values } = parsed({ args: [...args], options });
    if (values.help) {
      out(HELP);
      return 0;
    }
    const { limit, next } = values;
    if (limit !== undefined && !/^([1-9]\d?|100)$/.test(limit))
      throw new UsageError('--limit takes a number up to 100.');
    const query = { ...(limit !== undefined && { limit }), ...(next !== undefined && { next }) };
    const page = await signedPage<Outbox>(planeOf(values), 'GET', '/_gatehouse/outbox', query);
    out(values.json ? JSON.stringify(page, null, 2) : linesOf(page));
    return 0;
  });
}

function linesOf({ messages, next }: Outbox): string {
  if (messages.length === 0 && next === undefined) return 'No message waits.';
  const more = next === undefined ? [] : [`More: npx gatehouse outbox --next ${next}`];
  return [...messages.map(letterOf), ...more].join('\n\n');
}

/** What people wrote is set in: no line of theirs looks like one of ours. */
function letterOf({ time, protocol, to, topic, subject, text }: Message): string {
  const heads = [
    `${time}  ${protocol}`,
    `To: ${to}`,
    ...(topic === undefined ? [] : [`Topic: ${topic}`]),
    ...(subject === undefined ? [] : [`Subject: ${subject.replace(/\s/g, ' ')}`]),
  ];
  return [...heads, '', ...text.split(/\r?\n/).map((line) => (line === '' ? '' : `  ${line}`))].map(visible).join('\n');
}

/** What would steer the terminal is not passed on to it. */
const visible = (line: string) => line.replace(/[^\P{Cc}\t]/gu, '\u{fffd}');
