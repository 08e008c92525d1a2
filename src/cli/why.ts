/** `gatehouse why`: how a request was decided, in a derivation a person can follow. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { PLANE_HELP, PLANE_OPTIONS, type Plane, parsed, planeOf, told, UsageError } from './plane.ts';

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
    const answer = await signedGet(plane, `/_gatehouse/why/${requestId}`);
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

async function signedGet(plane: Plane, path: string): Promise<Why> {
  const url = new URL(path, plane.endpoint);
  const { endpoint: _, ...signing } = plane;
  const signer = new SignatureV4({ ...signing, service: 'gatehouse', sha256: Sha256 });
  const target = { protocol: url.protocol, hostname: url.hostname, path, method: 'GET', headers: { host: url.host } };
  const { headers } = await signer.sign(target);
  const response = await fetch(url, { headers });
  const body = (await response.json()) as Why & { message?: string };
  if (!response.ok) throw new Error(body.message ?? `The plane answered ${response.status}.`);
  return body;
}

type Bytes = string | ArrayBuffer | ArrayBufferView;

/** The hash that the signer asks for, over node:crypto. */
class Sha256 {
  readonly #hash;
  constructor(secret?: Bytes) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: Bytes): void {
    this.#hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function bytesOf(data: Bytes): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}
