/**
 * A passkey without a browser, that also lies where it is told to: answers what a page asks as `navigator.credentials`
 * would, with keys of every kind that is accepted. https://www.w3.org/TR/webauthn-3/
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

type Algorithm = 'ES256' | 'EdDSA' | 'RS256' | 'ML-DSA-44';

interface Kind {
  readonly make: () => { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly cose: (jwk: Readonly<Record<string, string>>) => Map<number, number | Uint8Array>;
  readonly hash: string | null;
}

const bytesOf = (text = '') => new Uint8Array(Buffer.from(text, 'base64url'));

const KINDS: Readonly<Record<Algorithm, Kind>> = {
  ES256: {
    make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    cose: ({ x, y }) =>
      new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytesOf(x)],
        [-3, bytesOf(y)],
      ]),
    hash: 'sha256',
  },
  EdDSA: {
    make: () => generateKeyPairSync('ed25519'),
    cose: ({ x }) =>
      new Map<number, number | Uint8Array>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, bytesOf(x)],
      ]),
    hash: null,
  },
  RS256: {
    make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    cose: ({ n, e }) =>
      new Map<number, number | Uint8Array>([
        [1, 3],
        [3, -257],
        [-1, bytesOf(n)],
        [-2, bytesOf(e)],
      ]),
    hash: 'sha256',
  },
  'ML-DSA-44': {
    make: () => generateKeyPairSync('ml-dsa-44'),
    cose: ({ pub }) =>
      new Map<number, number | Uint8Array>([
        [1, 7],
        [3, -48],
        [-1, bytesOf(pub)],
      ]),
    hash: null,
  },
};

/** What a page asks, as it stands in the form. */
interface Question {
  readonly challenge: string;
  readonly rp?: { readonly id: string };
  readonly rpId?: string;
  readonly user?: { readonly id: string };
  readonly excludeCredentials?: readonly { readonly id: string }[];
}

/** Lies. */
export interface Twist {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly userHandle?: string;
  readonly verified?: boolean;
  readonly counter?: number;
  readonly tampered?: boolean;
  /** Attestation format that is claimed. */
  readonly format?: string;
}

export function authenticator(origin: string, algorithm: Algorithm = 'ES256') {
  const { make, cose, hash } = KINDS[algorithm];
  const { publicKey, privateKey } = make();
  const id = createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest();
  let counter = 0;
  let handle = '';

  const clientData = (type: string, { challenge }: Question, twist: Twist) =>
    Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? origin,
        crossOrigin: twist.crossOrigin ?? false,
      }),
    );
  const authData = (rpId: string, flags: number, { verified = true, ...twist }: Twist, attested: Uint8Array) => {
    const head = Buffer.alloc(37);
    createHash('sha256')
      .update(twist.rpId ?? rpId)
      .digest()
      .copy(head);
    head.writeUInt8(flags | 1 | (verified ? 4 : 0), 32);
    head.writeUInt32BE(twist.counter ?? ++counter, 33);
    return Buffer.concat([head, attested]);
  };
  const answer = (response: object) => JSON.stringify({ id: text(id), rawId: text(id), type: 'public-key', response });

  return {
    id: text(id),
    /** Answers a `create`. */
    create(question: Question, twist: Twist = {}): string {
      handle = question.user!.id;
      const key = cbor(cose(publicKey.export({ format: 'jwk' }) as Record<string, string>));
      const length = Buffer.from([id.length >> 8, id.length & 0xff]);
      const data = authData(question.rp!.id, 0x40, twist, Buffer.concat([Buffer.alloc(16), length, id, key]));
      const statement = new Map<string, Value>([
        ['fmt', twist.format ?? 'none'],
        ['attStmt', new Map()],
        ['authData', data],
      ]);
      const clientDataJSON = text(clientData('webauthn.create', question, twist));
      return answer({ clientDataJSON, attestationObject: text(cbor(statement)), transports: ['internal'] });
    },
    /** Answers a `get`. */
    get(question: Question, twist: Twist = {}): string {
      const data = authData(question.rpId!, 0, twist, Buffer.alloc(0));
      const client = clientData('webauthn.get', question, twist);
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      const signature = sign(hash, signed, privateKey);
      if (twist.tampered) signature[signature.length - 1]! ^= 1;
      return answer({
        ...{ clientDataJSON: text(client), authenticatorData: text(data), signature: text(signature) },
        userHandle: twist.userHandle ?? handle,
      });
    },
  };
}

/** The question in the form of a page. */
export function questionIn(page: string): Question {
  const [, json = ''] = /data-passkey="([^"]*)"/.exec(page) ?? [];
  const plain = json.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)));
  return (JSON.parse(plain) as { options: Question }).options;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

type Value = number | string | Uint8Array | ReadonlyMap<number | string, Value>;

/** As much of CBOR (RFC 8949) as authenticators write. */
function cbor(value: Value): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  const parts = [...value].flatMap(([key, each]) => [cbor(key), cbor(each)]);
  return Buffer.concat([head(5, value.size), ...parts]);
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count]);
  if (count < 256) return Buffer.from([(major << 5) | 24, count]);
  return Buffer.from([(major << 5) | 25, count >> 8, count & 0xff]);
}
