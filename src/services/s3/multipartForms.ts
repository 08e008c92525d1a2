/** Forms as browsers send them (`multipart/form-data`): fields, then a file that is read as it comes. RFC 7578. */
import { CommonError } from '../../core/errors.ts';

export interface Form {
  /** By name in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly fileName: string;
  /** To be read once. */
  readonly file: AsyncIterable<Uint8Array>;
}

/** What may come before the file. */
const FIELDS_BYTES_MAX = 20_480;

const malformed = () =>
  new CommonError('MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.');

const tooMuch = () =>
  new CommonError(
    'MaxPostPreDataLengthExceededError',
    'Your POST request fields preceding the upload file were too large.',
  );

const noFile = () => new CommonError('InvalidArgument', 'POST requires exactly one file upload per request.');

/** Throws MalformedPOSTRequest, MaxPostPreDataLengthExceededError. */
export async function formIn(source: AsyncIterable<Uint8Array>, contentType: string): Promise<Form> {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined) throw malformed();
  const reader = readerOf(source, Buffer.from(`\r\n--${name}`));
  const fields = new Map<string, string>();
  await reader.upToDelimiter();
  for (;;) {
    const { field, fileName } = await headOf(reader);
    if (field === 'file') return { fields, fileName, file: reader.rest() };
    fields.set(field, (await reader.upToDelimiter()).toString('utf8'));
  }
}

type Reader = ReturnType<typeof readerOf>;

async function headOf(reader: Reader): Promise<{ field: string; fileName: string }> {
  const head = (await reader.upTo(Buffer.from('\r\n\r\n'))).toString('utf8');
  if (head.startsWith('--')) throw noFile();
  const [, disposition = ''] = /^content-disposition:\s*form-data;(.*)$/im.exec(head) ?? [];
  const field = /\bname="([^"]*)"/i.exec(disposition)?.[1];
  if (field === undefined) throw malformed();
  const fileName = /\bfilename="([^"]*)"/i.exec(disposition)?.[1] ?? '';
  return { field: field.toLowerCase(), fileName: fileName.replace(/^.*[/\\]/, '') };
}

function readerOf(source: AsyncIterable<Uint8Array>, delimiter: Buffer) {
  const iterator = source[Symbol.asyncIterator]();
  // The first delimiter has no line before it.
  let held: Buffer = Buffer.from('\r\n');
  let passed = 0;
  const more = async (): Promise<void> => {
    const next = await iterator.next();
    if (next.done) throw malformed();
    held = Buffer.concat([held, next.value]);
  };
  const upTo = async (mark: Buffer): Promise<Buffer> => {
    for (;;) {
      const at = held.indexOf(mark);
      if (passed + (at < 0 ? held.length : at) > FIELDS_BYTES_MAX && at < 0) throw tooMuch();
      if (at >= 0) {
        const found = held.subarray(0, at);
        passed += found.length;
        if (passed > FIELDS_BYTES_MAX) throw tooMuch();
        held = held.subarray(at + mark.length);
        return found;
      }
      await more();
    }
  };
  async function* rest(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = held.indexOf(delimiter);
      if (at >= 0) {
        yield held.subarray(0, at);
        while (!(await iterator.next()).done); // What comes behind the file is not looked at.
        return;
      }
      const sure = held.length - delimiter.length;
      if (sure > 0) {
        yield held.subarray(0, sure);
        held = held.subarray(sure);
      }
      await more();
    }
  }
  return { upTo, upToDelimiter: () => upTo(delimiter), rest };
}
