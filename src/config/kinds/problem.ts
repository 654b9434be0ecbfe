/** One line of a configuration error: the place, the finding and the expectation. */
export function problemLine(place: string, found: string, expected: string, hint?: string): string {
  return `${place}: found ${found}, expected ${expected}${hint === undefined ? '' : `; ${hint}`}`;
}

/** The path of a key below another path; the top of the tree is the empty path. */
export function joinPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
