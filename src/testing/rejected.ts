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

/** What the call fails with; of this code, if one is given. */
export async function refusal(call: Promise<unknown>, code?: string): Promise<{ name: string; message: string }> {
  const error = await call.then(
    () => assert.fail('The call was answered.'),
    (error: Error) => error,
  );
  const short = (name: string) => name.replace(/Exception$/, '');
  if (code !== undefined) assert.equal(short(error.name), short(code), error.message);
  return error;
}
