import type { Renderer } from './document/files.ts';
import { badge } from './formats/badge.ts';
import { json } from './formats/json.ts';
import { junit } from './formats/junit.ts';
import { markdown } from './formats/markdown.ts';
import { html } from './pages/html.ts';

/** Every form a Report takes as files, by the name it has after `--reporter`. */
export const renderers = { badge, html, json, junit, markdown } satisfies Record<string, Renderer>;
export type RendererName = keyof typeof renderers;
