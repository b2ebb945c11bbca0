import { Terminal } from '@xterm/headless';

/** A terminal that obeys what is written to it, for tests: one can read what a person would see. */
export class TestScreen {
  private readonly terminal: Terminal;

  constructor(columns: number, rows: number) {
    this.terminal = new Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
  }

  /** Bytes as a program writes them; resolves when they were obeyed. A kernel's terminal turns `\n` into `\r\n` before. */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.terminal.write(bytes, resolve));
  }

  /** As when somebody drags the window's edge: lines that no longer fit are wrapped. */
  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
  }

  /** Every line from the first that was ever written, wrapped ones as they stand, without empty ones at the end. */
  lines(): string[] {
    const { active } = this.terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true) ?? '');
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }
}
