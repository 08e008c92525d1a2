/** `gatehouse why`: how a request was decided, in a derivation a person can follow. */
import { PLANE_HELP, PLANE_OPTIONS, type Plane, parsed, planeOf, told, UsageError } from './plane.ts';
import { signedPage } from './signedPage.ts';

const HELP = `Usage: npx gatehouse why REQUEST_ID|ENCODED_MESSAGE [OPTION…]

Prints who asked, which policies spoke, and statement by statement what they said. Denials are kept as long as the
event history; of allowed requests the latest hundred. The caller needs sts:DecodeAuthorizationMessage.

  --json           the facts as JSON
${PLANE_HELP}`;

interface Why {
  readonly requestId: string;
  readonly decisions: readonly {
    readonly action: string;
    readonly resource: string;
    readonly verdict: string;
    readonly derivation: string;
  }[];
}

export function why(args: readonly string[], out: (line: string) => void): Promise<number> {
  return told(async () => {
    const options = { ...PLANE_OPTIONS, json: { type: 'boolean' } } as const;
    const { values, positionals } = parsed({ args: [...args], options, allowPositionals: true });
    if (values.help) {
      out(HELP);
      return 0;
    }
    const [asked, ...more] = positionals;
    if (asked === undefined || more.length > 0)
      throw new UsageError('why takes one request id or encoded message; see --help.');
    const plane = planeOf(values);
    const requestId = UUID.test(asked) ? asked : await requestIn(plane, asked);
    const answer = await signedPage<Why>(plane, 'GET', `/_gatehouse/why/${requestId}`);
    out(values.json ? JSON.stringify(answer, null, 2) : textOf(answer));
    return 0;
  });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function requestIn(plane: Plane, EncodedMessage: string): Promise<string> {
  const { STS } = await import('@aws-sdk/client-sts');
  const { DecodedMessage } = await new STS({ ...plane, maxAttempts: 1 }).decodeAuthorizationMessage({ EncodedMessage });
  return (JSON.parse(DecodedMessage ?? '{}') as { requestId?: string }).requestId ?? '';
}

const textOf = ({ requestId, decisions }: Why) =>
  [`Request ${requestId}`, ...decisions.map((decision) => decision.derivation)].join('\n\n');
