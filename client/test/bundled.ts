import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The script of a page that imports from `./index.ts` and is given the URL of a gateway as `GATEWAY`. */
export async function bundled(contents: string, gateway = ''): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../src/', import.meta.url)), loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    define: { GATEWAY: JSON.stringify(gateway), 'process.env.NODE_ENV': '"development"' },
  });
  return outputFiles[0]!.text.replaceAll('</script', '<\\/script');
}
