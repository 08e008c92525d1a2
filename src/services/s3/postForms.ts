/**
 * Uploads by a form of a web page, under a policy that somebody signed. A form becomes a PutObject in the name of
 * whoever signed its policy; an unsigned one is anybody's.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
import { CommonError } from '../../core/errors.ts';
import type { FormSignature, FrontAround } from '../../core/front.ts';
import { Upload } from '../../core/upload.ts';
import type { WireRequest, WireResponse } from '../../core/wire.ts';
import { invalidArgument, s3Error } from './errors.ts';
import { errorAnswer } from './frontErrors.ts';
import { type Form, formIn } from './multipartForms.ts';
import { type LengthRange, requireFormAllowed, withinRange } from './postPolicies.ts';

export async function posted(bucket: string, request: WireRequest, around: FrontAround): Promise<WireResponse> {
  try {
    const form = await formIn(request.stream ?? inHand(request.body), request.headers['content-type'] ?? '');
    return await answered(bucket, request, form, around);
  } catch (error) {
    if (error instanceof CommonError) return errorAnswer(error);
    throw error;
  }
}

/** What stands for the name of the file that the user chose. */
const FILE_NAME = '$' + '{filename}';

async function* inHand(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

async function answered(bucket: string, request: WireRequest, form: Form, around: FrontAround): Promise<WireResponse> {
  const { fields, fileName } = form;
  const key = fields.get('key')?.replaceAll(FILE_NAME, fileName);
  if (!key) {
    const message =
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.";
    throw invalidArgument(message, 'key', '');
  }
  const signed = signatureIn(fields);
  const range: LengthRange | undefined = signed && requireFormAllowed(signed.text, fields, bucket, around.wallClock);
  const path = `/${bucket}/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
  const upload = new Upload(undefined, withinRange(form.file, range), new Map());
  const headers = { ...headersOf(fields), ...passed(request), host: new URL(around.endpoint).host };
  const put = { method: 'PUT', path, query: '', headers, body: new Uint8Array(0), upload };
  const answer = await around.ask(put, signed);
  return answer.status >= 400 ? answer : told(fields, bucket, key, path, answer, around);
}

function passed({ headers }: WireRequest): Record<string, string> {
  const names = ['user-agent', 'origin', 'referer'].filter((name) => headers[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, headers[name]!]));
}

/** Undefined for a form that nobody signed. */
function signatureIn(fields: ReadonlyMap<string, string>): FormSignature | undefined {
  const text = fields.get('policy');
  const signature = fields.get('x-amz-signature');
  if (fields.has('awsaccesskeyid') || fields.has('signature')) {
    const message = 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.';
    throw s3Error('InvalidRequest', { message });
  }
  if (text === undefined && signature === undefined) return undefined;
  const wanted = {
    policy: text,
    'X-Amz-Signature': signature,
    'X-Amz-Credential': fields.get('x-amz-credential'),
    'X-Amz-Date': fields.get('x-amz-date'),
    'X-Amz-Algorithm': fields.get('x-amz-algorithm'),
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (value) continue;
    const message = `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`;
    throw invalidArgument(message, name, '');
  }
  const [accessKeyId = '', date = '', region = '', service = '', end] = wanted['X-Amz-Credential']!.split('/');
  if (end !== 'aws4_request' || service !== 's3' || wanted['X-Amz-Algorithm'] !== 'AWS4-HMAC-SHA256') {
    throw new CommonError(
      'AuthorizationQueryParametersError',
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  const timestamp = wanted['X-Amz-Date']!;
  const sessionToken = fields.get('x-amz-security-token');
  return { accessKeyId, date, region, service, signature: signature!, timestamp, sessionToken, text: text! };
}

const PLAIN = new Set(['cache-control', 'content-type', 'content-disposition', 'content-encoding', 'expires']);
/** What a form may say of its object; what would make another request of it is not taken along. */
const OF_OBJECTS = [
  ...['x-amz-meta-', 'x-amz-server-side-encryption', 'x-amz-object-lock-', 'x-amz-checksum-', 'x-amz-grant-'],
  ...['x-amz-storage-class', 'x-amz-website-redirect-location', 'x-amz-acl', 'x-amz-tagging'],
];

function headersOf(fields: ReadonlyMap<string, string>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) {
    if (PLAIN.has(name) || OF_OBJECTS.some((beginning) => name.startsWith(beginning))) headers[name] = value;
  }
  const acl = fields.get('acl');
  if (acl !== undefined) headers['x-amz-acl'] = acl;
  const tagging = fields.get('tagging');
  if (tagging !== undefined) headers['x-amz-tagging'] = tagsIn(tagging);
  return headers;
}

/** `<Tagging><TagSet><Tag><Key>…` as the header has it. */
function tagsIn(xml: string): string {
  const found = xml.matchAll(/<Tag>\s*<Key>([^<]*)<\/Key>\s*<Value>([^<]*)<\/Value>\s*<\/Tag>/g);
  return [...found]
    .map(([, name = '', value = '']) => `${encodeURIComponent(plain(name))}=${encodeURIComponent(plain(value))}`)
    .join('&');
}

const plain = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

/** Where the form wants its page to go, or the status that it asks for. */
function told(
  fields: ReadonlyMap<string, string>,
  bucket: string,
  key: string,
  path: string,
  answer: WireResponse,
  { endpoint }: FrontAround,
): WireResponse {
  const etag = answer.headers.etag ?? '';
  const headers = { ...answer.headers, location: `${endpoint}${path}` };
  const to = fields.get('success_action_redirect') ?? fields.get('redirect');
  if (to !== undefined && URL.canParse(to)) {
    const url = new URL(to);
    for (const [name, value] of Object.entries({ bucket, key, etag })) url.searchParams.set(name, value);
    return { status: 303, headers: { ...headers, location: url.href }, body: '' };
  }
  const asked = fields.get('success_action_status');
  if (asked !== '201') return { status: asked === '200' ? 200 : 204, headers, body: '' };
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  const members = { Location: headers.location, Bucket: bucket, Key: key, ETag: etag };
  const body = Object.entries(members).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`);
  return {
    status: 201,
    headers: { ...headers, 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>${body.join('')}</PostResponse>`,
  };
}
