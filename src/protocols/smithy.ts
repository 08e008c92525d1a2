/**
 * The SDK's own runtime, as far as the wire formats need it. It is loaded with the first service: a plane that nobody has
 * asked anything yet does without.
 */
import { createRequire } from 'node:module';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { NumericValue } from '@smithy/core/serde';

type Serde = typeof import('@smithy/core/serde');
type Schemas = typeof import('@smithy/core/schema');
type Cbor = typeof import('@smithy/core/cbor');

const load = createRequire(import.meta.url);
let serde: Serde | undefined;
let schemas: Schemas | undefined;
let library: Cbor | undefined;

/** A number with more digits than JavaScript's have. Throws if the text is no decimal number. */
export function decimal(text: string): NumericValue {
  serde ??= load('@smithy/core/serde') as Serde;
  return new serde.NumericValue(text, 'bigDecimal');
}

export const isDecimal = (value: unknown): value is NumericValue =>
  typeof value === 'object' && value !== null && (value as Partial<NumericValue>).type === 'bigDecimal';

export function normalized(schema: unknown): NormalizedSchema {
  schemas ??= load('@smithy/core/schema') as Schemas;
  return schemas.NormalizedSchema.of(schema as never);
}

/** Brings more along than the rest of the protocols together. */
export function cborLibrary(): Cbor {
  library ??= load('@smithy/core/cbor') as Cbor;
  return library;
}
