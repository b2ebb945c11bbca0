import { Terminal } from '@xterm/headless';

/** A terminal emulator for tests: it interprets what a program writes, and returns the lines that a person would see. */
export class TestScreen {
  private readonly terminal: Terminal;

  constructor(columns: number, rows: number) {
    this.terminal = new Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
  }

  /**
   * Writes the output of a program. Resolves when the terminal has interpreted it. Lines must end with `\r\n`: a real
   * terminal gets that from the kernel, which adds the `\r`.
   */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.terminal.write(bytes, resolve));
  }

  /** Changes the size of the terminal. Lines that no longer fit are wrapped. */
  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
  }

  /** All lines since the start, also those that are scrolled away. Wrapped lines stay wrapped. Without empty lines at the end. */
  lines(): string[] {
    const { active } = this.terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true) ?? '');
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }
}
