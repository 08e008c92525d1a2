import assert from 'node:assert/strict';

/** The call fails with this wire code and sentence; the SDK's suffix `Exception` does not count. */
export async function rejected(call: Promise<unknown>, code: string, message: string | RegExp): Promise<void> {
  await assert.rejects(call, (error: Error) => {
    assert.equal(error.name.replace(/Exception$/, ''), code.replace(/Exception$/, ''), error.message);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });
}
