/** The compiled templates by file name without `.hbs`. The command `npm run templates` makes them. */
export const templates: Readonly<Record<string, unknown>>;
