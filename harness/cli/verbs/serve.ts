import { constants } from 'node:os';
import type { Command } from 'commander';
import { execa } from 'execa';
import { inRepoServer } from '../../config/config.ts';
import { pathOfUrl, portOr0 } from '../options/arguments.ts';
import type { Shell } from '../options/shell.ts';

/** Adds the verb `serve`, which starts the in-repo server and tests nothing. */
export function addServe(program: Command, shell: Shell): void {
  program
    .command('serve')
    .description('start only the server of this repository, without a test')
    .option('--port <port>', 'port to listen on; 0 means any free port', portOr0, 8888)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--path <path>', 'path of the WebSocket endpoint', pathOfUrl, '/ws')
    .action(async ({ port, host, path }: { port: number; host: string; path: string }) => {
      const [file = '', ...args] = (inRepoServer().command ?? []).slice(0, -2);
      const { exitCode, signal } = await execa(
        file,
        [...args, '--port', String(port), '--host', host, '--path', path],
        {
          stdio: 'inherit',
          reject: false,
        },
      );
      // As in a shell, signal N gives the exit code 128 + N. Exit code 3 means that the server could not be started.
      shell.exitCode = exitCode ?? (signal === undefined ? 3 : 128 + constants.signals[signal]);
    });
}
