import { Terminal } from '@xterm/headless';

/** A terminal emulator for tests: it interprets what a program writes, and returns the lines that a person would see. */
export class TestScreen {
  private readonly terminal: Terminal;

  constructor(columns: number, rows: number) {
    this.terminal = new Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
  }

  /**
   * Writes the output of a program. Resolves when the terminal has interpreted the output. Lines must end with `\r\n`,
   * because for a real terminal the kernel adds the `\r`.
   */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.terminal.write(bytes, resolve));
  }

  /** Changes the size of the terminal. Lines that no longer fit are wrapped. */
  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
  }

  /**
   * All lines since the start, including those that have scrolled off the screen. A wrapped line counts as several
   * lines. Empty lines at the end are left out.
   */
  lines(): string[] {
    const { active } = this.terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true) ?? '');
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }
}
