/** A stream of bytes read by lines and by pieces. */
import { CommonError } from '../core/errors.ts';

export interface ByteReader {
  /** Up to the next line feed, without it and a carriage return before it. `or end`: the end of the stream ends it too. */
  line(end?: 'or end'): Promise<string>;
  /** At least one byte, at most so many. */
  some(most: number): Promise<Uint8Array>;
}

const LINE_BYTES_MAX = 16_384;
const LINE_FEED = 10;

/** Its methods throw IncompleteBody where the stream ends too early, or a line does not. */
export function byteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let current: Uint8Array = new Uint8Array(0);
  /** False at the end. */
  const fill = async (): Promise<boolean> => {
    while (current.length === 0) {
      const { done, value } = await iterator.next();
      if (done) return false;
      current = value;
    }
    return true;
  };
  return {
    async line(end) {
      let text = '';
      for (;;) {
        if (!(await fill())) {
          if (end && text === '') return '';
          throw cutShort();
        }
        const at = current.indexOf(LINE_FEED);
        const taken = at < 0 ? current : current.subarray(0, at);
        text += Buffer.from(taken.buffer, taken.byteOffset, taken.length).toString('latin1');
        if (text.length > LINE_BYTES_MAX) throw cutShort();
        current = at < 0 ? current.subarray(current.length) : current.subarray(at + 1);
        if (at >= 0) return text.endsWith('\r') ? text.slice(0, -1) : text;
      }
    },
    async some(most) {
      if (!(await fill())) throw cutShort();
      const piece = current.subarray(0, most);
      current = current.subarray(piece.length);
      return piece;
    },
  };
}

const cutShort = () => new CommonError('IncompleteBody', 'The request body terminated unexpectedly');
