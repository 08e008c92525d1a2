/** What a page of the plane says, for people to read. */

/** Facts as lines, what is inside of them indented. */
export function linesOf(facts: object, indent = ''): string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) {
      return [`${indent}${name}: ${value.join(' ')}`];
    }
    if (Array.isArray(value)) return value.flatMap((each) => [`${indent}${name}:`, ...linesOf(each, `${indent}  `)]);
    if (typeof value === 'object' && value !== null) return [`${indent}${name}:`, ...linesOf(value, `${indent}  `)];
    return [`${indent}${name}: ${value}`];
  });
}
