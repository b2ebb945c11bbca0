/**
 * Thrown when a signal such as SIGINT ends the run early. `exitCode` is 128 plus the signal's number, as in a shell.
 */
export class Interruption extends Error {
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(`The run was interrupted by ${signal}.`);
    this.name = 'Interruption';
    this.exitCode = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal];
  }
}
