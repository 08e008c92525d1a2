/** What the tests of this folder share. */
import assert from 'node:assert/strict';

/** What a call is refused with. */
export const errorOf = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => assert.fail('was not refused'),
    (error: Error) => error,
  );
