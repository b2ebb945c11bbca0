/** Template specifications by file name without `.hbs`; made by `npm run templates`. */
export const templates: Readonly<Record<string, unknown>>;
