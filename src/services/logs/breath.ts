/** Lets others go on: between two pieces of work that belong together. */
export const breath = () => new Promise<void>((resolve) => setImmediate(resolve));
