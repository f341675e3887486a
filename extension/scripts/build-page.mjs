// Builds the standalone page into the service's package: page.js, page.css and chunks beside them.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const outdir = here('../../hub_config/notebench_hub/service/pages/static');

await rm(outdir, { recursive: true, force: true });
const shared = { bundle: true, minify: true, outdir, legalComments: 'none', logLevel: 'warning' };
const { metafile } = await build({
  ...shared,
  entryPoints: [here('../src/page/page.tsx')],
  entryNames: '[name]',
  chunkNames: '[name]-[hash]',
  format: 'esm',
  splitting: true,
  target: 'es2022',
  jsx: 'transform',
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true
});
await build({ ...shared, entryPoints: [here('../style/page.css')], entryNames: '[name]' });

// The packages inside, with their licences' names, as their authors ask for.
const packages = new Set(
  Object.keys(metafile.inputs).flatMap(path => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
);
const licences = await Promise.all(
  [...packages].sort().map(async name => {
    const about = JSON.parse(await readFile(here(`../node_modules/${name}/package.json`), 'utf8'));
    return { name, version: about.version, license: about.license };
  })
);
await writeFile(`${outdir}/third-party-licenses.json`, JSON.stringify(licences, null, 2) + '\n');
