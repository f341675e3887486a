// The panels' messages. `update` takes them from the sources into the .po files, `compile` makes the .json files
// that JupyterLab and the pages read, `check` fails when something is missing or untranslated.
import { readdirSync, readFileSync, writeFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as gettext from 'gettext-parser';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const LANGUAGES = ['de_DE', 'es_ES'];
const PLURALS = 'nplurals=2; plural=(n != 1);';
const allowed = new Set(
  readFileSync(join(root, 'scripts/same-in-all.txt'), 'utf8').split('\n').filter(Boolean)
);
const base = language => join(root, 'notebench/locale', language, 'LC_MESSAGES/notebench');

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .filter(path => !path.includes('__tests__') && !path.includes('generated'))
    .sort();
}

/** Every literal in a call of `__` or `_n`; anything else in its place is a mistake. */
function extract() {
  const found = new Map();
  for (const path of sources(join(root, 'src'))) {
    const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = node => {
      const name =
        ts.isCallExpression(node) &&
        ts.isPropertyAccessExpression(node.expression) &&
        node.expression.name.text;
      if (name === '__' || name === '_n') {
        const texts = node.arguments.slice(0, name === '_n' ? 2 : 1);
        if (!texts.every(ts.isStringLiteralLike)) {
          throw new Error(`${relative(root, path)}: ${node.getText()}: messages must be literals.`);
        }
        const [id, plural] = texts.map(text => text.text);
        const entry = found.get(id) ?? { msgid: id, msgid_plural: plural, at: new Set() };
        entry.at.add(relative(root, path));
        found.set(id, entry);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return found;
}

function read(language) {
  const path = `${base(language)}.po`;
  return existsSync(path) ? (gettext.po.parse(readFileSync(path)).translations[''] ?? {}) : {};
}

function update(messages) {
  for (const language of LANGUAGES) {
    const old = read(language);
    const translations = { '': { '': { msgid: '', msgstr: [''] } } };
    for (const { msgid, msgid_plural, at } of [...messages.values()].sort((a, b) =>
      a.msgid < b.msgid ? -1 : 1
    )) {
      const forms = msgid_plural ? 2 : 1;
      const msgstr = old[msgid]?.msgstr?.length === forms ? old[msgid].msgstr : Array(forms).fill('');
      translations[''][msgid] = { msgid, msgid_plural, msgstr, comments: { reference: [...at].join('\n') } };
    }
    const headers = {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Transfer-Encoding': '8bit',
      Language: language,
      'Plural-Forms': PLURALS
    };
    mkdirSync(dirname(base(language)), { recursive: true });
    writeFileSync(
      `${base(language)}.po`,
      gettext.po.compile({ charset: 'utf-8', headers, translations }, { foldLength: 110 })
    );
  }
}

function compile(language) {
  const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  // JupyterLab looks the language up with a dash.
  const head = { domain: 'notebench', language: language.replace('_', '-'), plural_forms: PLURALS, version };
  const pairs = Object.values(read(language))
    .filter(entry => entry.msgid && entry.msgstr.every(Boolean))
    .map(entry => [entry.msgid, entry.msgstr]);
  return JSON.stringify({ '': head, ...Object.fromEntries(pairs) }, null, 1) + '\n';
}

function check(messages) {
  const wrong = [];
  for (const language of LANGUAGES) {
    const have = read(language);
    for (const { msgid, msgid_plural } of messages.values()) {
      const texts = have[msgid]?.msgstr ?? [];
      if (texts.length !== (msgid_plural ? 2 : 1) || !texts.every(Boolean)) {
        wrong.push(`${language}: not translated: ${msgid}`);
      } else if (texts.includes(msgid) && !allowed.has(msgid)) {
        wrong.push(`${language}: equal to the English: ${msgid}`);
      } else if (places(msgid) !== places(texts.at(-1))) {
        wrong.push(`${language}: other %-places than the English: ${msgid}`);
      }
    }
    for (const msgid of Object.keys(have)) {
      if (msgid && !messages.has(msgid)) {
        wrong.push(`${language}: no longer used: ${msgid}`);
      }
    }
    const path = `${base(language)}.json`;
    if (!existsSync(path) || readFileSync(path, 'utf8') !== compile(language)) {
      wrong.push(`${relative(root, path)} is stale: run jlpm build:locale`);
    }
  }
  wrong.forEach(line => console.error(line));
  return wrong.length;
}

const places = text => [...new Set(text.match(/%\d+/g) ?? [])].sort().join();

const messages = extract();
switch (process.argv[2]) {
  case 'update':
    update(messages);
    break;
  case 'compile':
    LANGUAGES.forEach(language => writeFileSync(`${base(language)}.json`, compile(language)));
    break;
  case 'check':
    process.exit(check(messages) ? 1 : 0);
}
