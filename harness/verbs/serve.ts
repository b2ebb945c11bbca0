import type { Command } from 'commander';
import { inRepoServer } from '../config.ts';
import type { Shell } from './shell.ts';

/** `serve`: the in-repo server alone. */
export function addServe(program: Command, shell: Shell): void {
  program
    .command('serve')
    .description('the in-repo server alone')
    .option('--port <port>', 'where it listens', '8888')
    .option('--host <address>', 'on which address', '127.0.0.1')
    .option('--path <path>', 'path of the endpoint', '/ws')
    .action(async ({ port, host, path }: { port: string; host: string; path: string }) => {
      const { execa } = await import('execa');
      const [file = '', ...args] = (inRepoServer().command ?? []).slice(0, -2);
      const ended = await execa(file, [...args, '--port', port, '--host', host, '--path', path], {
        stdio: 'inherit',
        reject: false,
      });
      shell.exitCode = ended.exitCode ?? 0;
    });
}
