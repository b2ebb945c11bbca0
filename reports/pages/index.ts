/** The pages of a report and of a comparison. Loading this module also loads the templates. */

export { comparePage } from './compare-page.ts';
export { html } from './html.ts';
