import type { TemplateDelegate } from 'handlebars';
import runtime from 'handlebars/runtime.js';
import { escapeInvisible } from '../wording/escape-invisible.ts';
import { templates } from './templates/compiled.js';

/** The parts of the handlebars runtime that this file uses. The declaration of the package has only `template`. */
type Runtime = {
  template(specification: unknown): TemplateDelegate;
  registerPartial(name: string, template: TemplateDelegate): void;
};
/**
 * An environment of its own, so that other users of handlebars in the same process cannot change the templates of the
 * pages.
 */
const environment = (runtime as unknown as { create(): Runtime }).create();
const compiled = new Map(Object.entries(templates).map(([name, spec]) => [name, environment.template(spec)]));
for (const [name, template] of compiled) environment.registerPartial(name, template);

/**
 * Renders a page: a template with a view. The template escapes every string of the view. Invisible characters are
 * escaped last, in one pass over the whole page, because the templates contain none and `\\x00` has no meaning in HTML.
 * Only this function makes HTML from a view.
 * @throws Error if the view lacks a value that the template uses.
 */
export function render(name: 'index' | 'case' | 'compare' | 'history', view: object): string {
  const template = compiled.get(name);
  if (template === undefined) {
    throw new Error(`reports/pages/templates/compiled.js has no template "${name}". Run: npm run templates`);
  }
  return escapeInvisible(template(view));
}
