import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterEach, beforeEach } from 'vitest';
import { type Report, reportSchema } from '../../reports/document/report.ts';
import { COMMAND } from './command.ts';

const root = join(import.meta.dirname, '../..');

/**
 * The command as a user runs it, in the repository unless told otherwise, with its report in `out` and no Docker.
 * @param args a verb other than `run` comes first.
 */
export function conformance(out: string, args: readonly string[], options: Options = {}) {
  const verb = args.filter((word, at) => at === 0 && /^[a-z]+$/.test(word));
  const [node, main] = COMMAND;
  const place = verb[0] === 'list' ? [] : ['--out', out];
  return execa(node, [main, ...verb, ...place, ...args.slice(verb.length)], {
    cwd: root,
    reject: false,
    env: { NO_COLOR: '1', CI: '', DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    ...options,
  });
}

/** A folder of its own for each test of a file, which is gone after it. @returns its path, while a test runs. */
export function ownFolder(prefix: string): () => string {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), prefix));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
}

/** The report that a run left in `out`. */
export const reportIn = (out: string): Report =>
  reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')));

/**
 * Resolves with the first match of a pattern in a line of a stream that goes on. Each line is looked at once: a trace
 * has 13 MB, and a search through all of it at each chunk made us so late that the run was over before our signal.
 */
export function said(stream: NodeJS.ReadableStream | null, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let line = '';
    let before = '';
    const look = (chunk: unknown) => {
      const lines = `${line}${chunk}`.split('\n');
      line = lines.pop() ?? '';
      for (const one of [...lines, line]) {
        const match = pattern.exec(one);
        if (!match) continue;
        stream?.off('data', look);
        stream?.resume();
        resolve(match);
        return;
      }
      before = [before, ...lines].join('\n').slice(-2000);
    };
    stream?.on('data', look);
    stream?.on('end', () => reject(new Error(`${pattern} was never said:\n${before}\n${line}`)));
  });
}
