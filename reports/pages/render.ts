import type { TemplateDelegate } from 'handlebars';
import runtime from 'handlebars/runtime.js';
import { escapeInvisible } from '../wording/escape-invisible.ts';
import { templates } from './templates/compiled.js';

/** The runtime's own declaration leaves out all but `template`; this is what we use of it. */
type Runtime = {
  template(specification: unknown): TemplateDelegate;
  registerPartial(name: string, template: TemplateDelegate): void;
};
/** An environment of our own: nothing that another user of handlebars registers reaches our pages. */
const environment = (runtime as unknown as { create(): Runtime }).create();
const compiled = new Map(Object.entries(templates).map(([name, spec]) => [name, environment.template(spec)]));
for (const [name, template] of compiled) environment.registerPartial(name, template);

/**
 * One page: a template filled with a view, all of whose strings are escaped by the template. What is invisible is
 * written out last, in one pass over the page: the templates hold nothing invisible, and `\\x00` means nothing in HTML.
 * The one door between a view and HTML. Throws when the view lacks a field that the template names.
 */
export function render(name: 'index' | 'case' | 'compare' | 'history', view: object): string {
  const template = compiled.get(name);
  if (template === undefined) {
    throw new Error(`reports/pages/templates/compiled.js has no template "${name}". Run: npm run templates`);
  }
  return escapeInvisible(template(view));
}
