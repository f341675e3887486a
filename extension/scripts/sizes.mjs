// Prints what the extension costs a browser, in kilobytes after gzip, and fails above the limits.
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';

const LIMITS = { start: 60, all: 250 };
const lab = fileURLToPath(new URL('../notebench/labextension/static', import.meta.url));
const page = fileURLToPath(new URL('../../hub_config/notebench_hub/service/pages/static', import.meta.url));

const kilobytes = file => gzipSync(readFileSync(file), { level: 9 }).length / 1000;
const files = folder =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter(name => /\.(js|css)$/.test(name))
        .map(name => `${folder}/${name}`)
    : [];
const sum = list => list.reduce((total, file) => total + kilobytes(file), 0);

/** What JupyterLab loads when it starts: the remote entry, and the chunks of the plugins' module and the styles. */
function started() {
  const entry = readdirSync(lab).find(name => name.startsWith('remoteEntry.'));
  const text = readFileSync(`${lab}/${entry}`, 'utf8');
  const exposed = [...text.matchAll(/"\.\/(index|style)":\(\)=>(.*?)\.then/g)].map(match => match[2]).join();
  const ids = [...exposed.matchAll(/\.e\((\d+)\)/g)].map(match => match[1]);
  return [entry, ...readdirSync(lab).filter(name => ids.includes(name.split('.')[0]))].map(
    name => `${lab}/${name}`
  );
}

const rows = [
  ['JupyterLab, all', sum(files(lab)), LIMITS.all],
  ['JupyterLab, at start', existsSync(lab) ? sum(started()) : undefined, LIMITS.start],
  ['Standalone page, all languages', sum(files(page)), undefined]
];
for (const [name, size, limit] of rows) {
  if (size !== undefined) {
    console.log(
      `${name.padEnd(32)} ${size.toFixed(1).padStart(7)} kB gzip${limit ? ` (limit ${limit})` : ''}`
    );
  }
}
process.exit(rows.some(([, size, limit]) => size !== undefined && limit && size > limit) ? 1 : 0);
