import type { TemplateDelegate } from 'handlebars';
import runtime from 'handlebars/runtime.js';
import { escapeInvisible } from '../wording/escape-invisible.ts';
import { templates } from './templates/compiled.js';

/**
 * The parts of the handlebars runtime that this file uses. The type declaration of the package contains only
 * `template`.
 */
type Runtime = {
  template(specification: unknown): TemplateDelegate;
  registerPartial(name: string, template: TemplateDelegate): void;
};
/**
 * A separate handlebars environment. Other users of handlebars in the same process cannot change the templates of the
 * pages.
 */
const environment = (runtime as unknown as { create(): Runtime }).create();
const compiled = new Map(Object.entries(templates).map(([name, spec]) => [name, environment.template(spec)]));
for (const [name, template] of compiled) environment.registerPartial(name, template);

/**
 * Makes the HTML of a page from a template and the values for the template (`view`). The template escapes every string
 * of the view. Afterwards the function escapes invisible characters in the whole page at once. This step is safe
 * because the templates contain no invisible characters and a code such as `\\x00` has no meaning in HTML. No other
 * function makes HTML from values.
 * @throws Error if the view lacks a value that the template uses.
 */
export function render(name: 'index' | 'case' | 'compare' | 'history', view: object): string {
  const template = compiled.get(name);
  if (template === undefined) {
    throw new Error(`reports/pages/templates/compiled.js has no template "${name}". Run: npm run templates`);
  }
  return escapeInvisible(template(view));
}
