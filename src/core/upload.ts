/**
 * The body of an operation that takes a stream (PutObject, UploadPart), while it is still on its way.
 *
 * Chunks are what the client means: unpacked from `aws-chunked`, each checked against its signature as it comes. They
 * may be read once. Whatever is wrong with the body (a wrong signature, a hash that differs, an end too early) is
 * thrown while it is read, at the latest at its end: who reads it keeps nothing before then.
 */
export class Upload {
  /** Bytes to come; undefined where the client did not say. */
  readonly length: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Headers that come behind the body, names in lower case; complete when `chunks` has ended. */
  readonly trailers: ReadonlyMap<string, string>;
  /** Names of the trailers that will come. */
  readonly announced: readonly string[];
  constructor(
    length: number | undefined,
    chunks: AsyncIterable<Uint8Array>,
    trailers: ReadonlyMap<string, string> = new Map(),
    announced: readonly string[] = [],
  ) {
    this.length = length;
    this.chunks = chunks;
    this.trailers = trailers;
    this.announced = announced;
  }
}
