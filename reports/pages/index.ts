/** The pages of a report and of a comparison. A file that imports this module also loads the page templates. */

export { comparePage } from './compare-page.ts';
export { html } from './html.ts';
