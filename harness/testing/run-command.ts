import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterEach, beforeEach } from 'vitest';
import { type Report, reportSchema } from '../../reports/document/report.ts';
import { COMMAND } from './command.ts';

const root = join(import.meta.dirname, '../..');

/**
 * Starts the command as a user would, without Docker. The working folder is the root of the repository.
 * @param out folder of the report.
 * @param args the arguments. A verb other than `run` comes first.
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

/**
 * Creates a temporary folder before each test of a file, and removes the folder afterwards.
 * @returns a function that returns the path of the current folder.
 */
export function ownFolder(prefix: string): () => string {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), prefix));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
}

/** Reads the report of a run. @param out folder of the report. */
export const reportIn = (out: string): Report =>
  reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')));

/**
 * Waits until a line of a stream matches a pattern. Each line is searched only once. A trace has 13 MB, and a search of
 * the whole text after each chunk was too slow: the run ended before the test sent its signal.
 * @returns the match. Rejects if the stream ends before.
 */
export function said(stream: NodeJS.ReadableStream | null, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let line = '';
    let seen = '';
    const onChunk = (chunk: unknown) => {
      const lines = `${line}${chunk}`.split('\n');
      line = lines.pop() ?? '';
      for (const candidate of [...lines, line]) {
        const match = pattern.exec(candidate);
        if (!match) continue;
        stream?.off('data', onChunk);
        stream?.resume();
        resolve(match);
        return;
      }
      seen = [seen, ...lines].join('\n').slice(-2000);
    };
    stream?.on('data', onChunk);
    stream?.on('end', () => reject(new Error(`no line matches ${pattern}:\n${seen}\n${line}`)));
  });
}
