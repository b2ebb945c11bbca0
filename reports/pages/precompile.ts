import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import Handlebars from 'handlebars';
import ts from 'typescript';

/**
 * The build step behind `npm run templates`. It compiles every `templates/*.hbs` to a function in
 * `templates/compiled.js`. No template has to be compiled when a report is made. The file `layout.hbs` becomes one
 * layout for each kind of page, for example `layout-index`. A layout contains the style sheet and the script of its
 * kind of page, and the hashes of both for the Content-Security-Policy of the page. A browser then runs no other
 * script.
 */

const FOLDER = new URL('./templates/', import.meta.url);

/**
 * The style sheets and scripts of each kind of page, in the order in which they are joined. A `.ts` file in the list is
 * a module of this project.
 */
const KINDS: Readonly<Record<string, { css: readonly string[]; js: readonly string[] }>> = {
  index: {
    css: ['base.css', 'index.css'],
    js: ['../query.ts', '../cell-facts.ts', '../../wording/shown-ids.ts', 'page.js', 'index.js'],
  },
  compare: { css: ['base.css', 'compare.css'], js: ['page.js', 'compare.js'] },
  history: { css: ['base.css', 'history.css'], js: ['page.js', 'history.js'] },
  case: { css: ['base.css', 'case.css'], js: ['../../wording/shown-ids.ts', 'page.js', 'case.js'] },
};

/**
 * Makes the source of `compiled.js` from the files in `templates/`.
 * @throws Error with the file name if a template contains an unescaped expression.
 */
export function precompileTemplates(): string {
  const templates = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.hbs'))
    .sort()
    .flatMap((file) => {
      const source = read(file);
      if (/\{\{\{|\{\{~?&/.test(source)) {
        throw new Error(
          `reports/pages/templates/${file} holds an unescaped expression ({{{…}}} or {{&…}}), and what is shown may be hostile. Write {{…}}.`,
        );
      }
      const name = file.replace(/\.hbs$/, '');
      if (name !== 'layout') return [compiled(name, source)];
      return Object.keys(KINDS).map((kind) => compiled(`layout-${kind}`, withAssets(source, kind)));
    });
  return `// Made by reports/pages/precompile.ts from the .hbs files beside it.\nexport const templates = {\n${templates.join('')}};\n`;
}

function compiled(name: string, source: string): string {
  const code = Handlebars.precompile(source, {
    strict: true,
    preventIndent: true,
    knownHelpers: { if: true, each: true, unless: true, with: true },
    knownHelpersOnly: true,
  });
  return `  ${JSON.stringify(name)}: ${String(code)},\n`;
}

function withAssets(layout: string, kind: string): string {
  const { css = [], js = [] } = KINDS[kind] ?? {};
  const assets = {
    CSS: minified(css.map(asset).join('\n'), 'css'),
    JS: minified(`(()=>{"use strict";\n${js.map(asset).join('\n')}})();`, 'js'),
  };
  return layout.replace(/%(CSS|JS)(_HASH)?%/g, (_, name: 'CSS' | 'JS', hash?: string) =>
    hash === undefined ? assets[name] : sha256(assets[name]),
  );
}

/** Reads a style sheet or a script. The function turns a module of this project into a script. */
function asset(file: string): string {
  return file.endsWith('.ts') ? asScript(read(file)) : read(file);
}

/**
 * Shortens a style sheet or a script, because every page of a report contains both.
 * @throws Error if the text cannot be inside a `<style>` or `<script>` element of a template.
 */
function minified(source: string, loader: 'css' | 'js'): string {
  const { code } = transformSync(source, {
    loader,
    minify: true,
    target: 'esnext',
    legalComments: 'none',
    charset: 'utf8',
  });
  const text = code.trim();
  if (/\{\{|<\/(style|script)/i.test(text)) {
    throw new Error(
      `The ${loader} of reports/pages/templates holds "{{" or a closing tag, and it stands within a template's <style> or <script>.`,
    );
  }
  return text;
}

/** Turns a module into a script by removing types, exports and comments. The module may import only types. */
function asScript(source: string): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: true },
  });
  if (/^import /m.test(outputText)) throw new Error('A module that goes into a page imports more than types.');
  return outputText.replace(/^export (?=const|function|class)/gm, '').replace(/^export \{.*$/gm, '');
}

function read(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const target = new URL('compiled.js', FOLDER);
  const source = precompileTemplates();
  // An unchanged file is not written again, because tests may import the file while `npm pack` builds the package.
  if (!existsSync(target) || readFileSync(target, 'utf8') !== source) writeFileSync(target, source);
}
