import { constants } from 'node:os';
import type { Command } from 'commander';
import { inRepoServer } from '../../config/config.ts';
import { pathOfUrl, portOr0 } from '../options/arguments.ts';
import type { Shell } from '../options/shell.ts';

/** `serve`: the in-repo server alone. */
export function addServe(program: Command, shell: Shell): void {
  program
    .command('serve')
    .description('start only the server of this repository, without a test')
    .option('--port <port>', 'port to listen on; 0 means any free port', portOr0, 8888)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--path <path>', 'path of the WebSocket endpoint', pathOfUrl, '/ws')
    .action(async ({ port, host, path }: { port: number; host: string; path: string }) => {
      const { execa } = await import('execa');
      const [file = '', ...args] = (inRepoServer().command ?? []).slice(0, -2);
      const ended = await execa(file, [...args, '--port', String(port), '--host', host, '--path', path], {
        stdio: 'inherit',
        reject: false,
      });
      // As a shell tells it; 3 where it could not even be started.
      const signal = ended.signal && constants.signals[ended.signal];
      shell.exitCode = ended.exitCode ?? (signal === undefined ? 3 : 128 + signal);
    });
}
