import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import Handlebars from 'handlebars';
import ts from 'typescript';

/**
 * `npm run templates`: every `templates/*.hbs` becomes a function in `templates/compiled.js`, so that no template is
 * compiled while a report is made. `layout.hbs` becomes one layout for each kind of page (`layout-index`), with the
 * one style sheet and the one script of that kind in it, and with the hashes by which the page's
 * Content-Security-Policy lets them and nothing else run.
 */

const FOLDER = new URL('./templates/', import.meta.url);

/** What goes into each kind of page: style sheets and scripts, in this order. A `.ts` file is a module of ours. */
const KINDS: Readonly<Record<string, { css: readonly string[]; js: readonly string[] }>> = {
  index: {
    css: ['base.css', 'index.css'],
    js: ['../query.ts', '../cell-facts.ts', '../../wording/shown-ids.ts', 'page.js', 'index.js'],
  },
  compare: { css: ['base.css', 'compare.css'], js: ['page.js', 'compare.js'] },
  history: { css: ['base.css', 'history.css'], js: ['page.js', 'history.js'] },
  case: { css: ['base.css', 'case.css'], js: ['../../wording/shown-ids.ts', 'page.js', 'case.js'] },
};

/** Source of `compiled.js`, made from the files of `templates/`. Throws with the file's name when one is not allowed. */
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

/** A style sheet, or a module as part of a script. */
function asset(file: string): string {
  return file.endsWith('.ts') ? asScript(read(file)) : read(file);
}

/** As short as goes, since it stands in every page of a report; and fit to stand within a template's element. */
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

/** A module of ours that imports only types, as part of a script: its types, exports and comments go. */
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
  // An unchanged file stays as it is, because tests may be importing the file while `npm pack` builds the package.
  if (!existsSync(target) || readFileSync(target, 'utf8') !== source) writeFileSync(target, source);
}
