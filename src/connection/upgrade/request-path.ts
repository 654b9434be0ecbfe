const BASE = 'http://localhost';

/**
 * The path that a request is for, as a browser resolves it: `/a/../b`, `/./b`, `/b#c` and `http://host/b` are all `/b`.
 * Nothing when its target is no URL.
 */
export function pathOf({ url = '/' }: { readonly url?: string | undefined }): string | undefined {
  const [target = ''] = url.split('?', 1);
  return URL.canParse(target, BASE) ? new URL(target, BASE).pathname : undefined;
}
