/** Requests and answers as they go over the wire, whoever reads or writes them. */
import type { Upload } from './upload.ts';

export interface WireRequest {
  readonly method: string;
  /** As sent, still percent-encoded. */
  readonly path: string;
  /** Without the question mark, as sent. */
  readonly query: string;
  /** Names in lower case; a repeated header's values joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The body instead, where it is long and has not been read: `body` is empty then. */
  readonly stream?: AsyncIterable<Uint8Array> | undefined;
  /** What an operation gets whose payload is a stream, if not `body`. */
  readonly upload?: Upload;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream comes with its `content-length` among the headers. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** The service has said itself what pages of other origins may see. */
  readonly toldPages?: true;
}
