// How the panels are written. The walls between their folders are at the end.
import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const PANELS = ['experiments', 'models', 'deployments', 'runs'];
const SHELLS = ['lab', 'page'];

/** Files of `folder` may import nothing from `others`. */
function wall(folder, others, why) {
  const group = others.flatMap(other => [`**/${other}`, `**/${other}/*`]);
  return {
    files: [`src/${folder}/**/*.{ts,tsx}`],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message: why }] }] }
  };
}

export default tseslint.config(
  { ignores: ['lib', 'node_modules', 'notebench', 'src/generated'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.eslint.json', tsconfigRootDir: import.meta.dirname }
    },
    plugins: { 'react-hooks': reactHooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      // The workbench is made of arrow functions, so that views can take it apart.
      '@typescript-eslint/unbound-method': 'off',
      eqeqeq: 'error',
      'max-lines': ['error', 400],
      'no-restricted-properties': [
        'error',
        {
          property: 'dangerouslySetInnerHTML',
          message: 'What people made is text, or in a sandboxed frame.'
        },
        { property: 'innerHTML', message: 'What people made is text, or in a sandboxed frame.' }
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]',
          message: 'What people made is text, or in a sandboxed frame.'
        }
      ],
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/no-explicit-any': 'error'
    }
  },
  {
    files: ['scripts/*.mjs', '*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } }
  },
  ...PANELS.map(panel =>
    wall(
      panel,
      [...PANELS.filter(other => other !== panel), ...SHELLS, 'rooms'],
      'Panels never import panels: use a command id of core/workbench.'
    )
  ),
  wall('core', [...PANELS, ...SHELLS, 'rooms'], 'The core knows no panel and no shell.'),
  wall('lab', [...PANELS, 'page'], 'Shells reach panels through rooms.ts, which loads them late.'),
  wall('page', [...PANELS, 'lab'], 'Shells reach panels through rooms.ts, which loads them late.')
);
