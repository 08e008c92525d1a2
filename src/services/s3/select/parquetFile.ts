/** What a thread that reads Parquet and the one that asks it tell each other. */

export interface ParquetQuestion {
  readonly size: number;
  /** What records are asked for by name; undefined: for all of them. */
  readonly names: readonly string[] | undefined;
  /** Row groups that begin within, first and last byte. */
  readonly span: { readonly start: number; readonly end: number } | undefined;
  /** Of one row group, packed and unpacked. */
  readonly groupBytesMax: number;
}

/** Columns at the top, as they are read: by their place among all, counted from 1. */
export interface ParquetColumn {
  readonly name: string;
  readonly place: number;
}

/**
 * A value as it crosses threads: a time as three numbers (its second in milliseconds since 1970, nanoseconds, digits of
 * them to show; less than none: a day), for neither bytes nor lists are such an array.
 */
export type ParquetValue =
  | string
  | number
  | boolean
  | null
  | Float64Array
  | ParquetValue[]
  | { [key: string]: ParquetValue };

/** From the thread. */
export type ParquetTold =
  | { readonly slice: number; readonly start: number; readonly end: number }
  | { readonly columns: readonly ParquetColumn[]; readonly rows: readonly ParquetValue[][]; readonly processed: number }
  | { readonly over: true }
  | { readonly error: ParquetError };

export type ParquetError =
  | 'OverMaxParquetBlockSize'
  | 'OverMaxRecordSize'
  | 'ParquetParsingError'
  | 'ParquetUnsupportedCompressionCodec'
  | 'UnsupportedParquetType';

/** To the thread: the bytes of a slice, or that more rows are wanted. */
export type ParquetAsked = { readonly slice: number; readonly bytes: ArrayBuffer } | 'more';
