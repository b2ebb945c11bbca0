import { badge } from './badge.ts';
import type { Renderer } from './files.ts';
import { html } from './html.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';

/** Every form a Report takes as files, by the name it has after `--reporter`. */
export const renderers = { badge, html, json, junit, markdown } satisfies Record<string, Renderer>;
export type RendererName = keyof typeof renderers;
