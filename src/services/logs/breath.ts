/** Lets others go on: between two pieces of work that belong together. */
export const breath = () => new Promise<void>((resolve) => setImmediate(resolve));

const TURN_MS = 12;

/** Says, after each small piece of work, whether it is time to let others go on: then wait for what it returns. */
export function pacer(): () => Promise<void> | undefined {
  let began = performance.now();
  return () => {
    if (performance.now() - began < TURN_MS) return undefined;
    return breath().then(() => {
      began = performance.now();
    });
  };
}
