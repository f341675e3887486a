// Runs `jupyter-builder build .`, found on the PATH, in the active environment, or in the repository's own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const environments = [process.env.VIRTUAL_ENV, resolve('..', '.venv')].filter(Boolean);
const folders = [
  ...(process.env.PATH ?? '').split(delimiter),
  ...environments.map(root => join(root, 'bin'))
];
const found = folders.map(folder => join(folder, 'jupyter-builder')).find(existsSync);
if (!found) {
  console.error('jupyter-builder is missing. Install it with: pip install "jupyter-builder>=1.3,<2"');
  process.exit(1);
}
const env = { ...process.env, PATH: folders.join(delimiter) };
process.exit(spawnSync(found, ['build', '.'], { stdio: 'inherit', env }).status ?? 1);
