import { expect, test } from 'vitest';
import { visible } from './terminal-text.ts';

test('text from strangers cannot control the terminal: every control and bidirectional character is shown as a code', () => {
  expect(visible('a\x1b[31mred\x07\r\x00\u202ebidi\x9b')).toBe('a\\x1b[31mred\\x07\\x0d\\x00\\u202ebidi\\x9b');
  for (let code = 0; code < 0x20; code++) {
    if (code !== 9 && code !== 10) expect(visible(String.fromCharCode(code))).not.toContain(String.fromCharCode(code));
  }
  expect(visible('tab\tand newline\n stay, ünïcode too')).toBe('tab\tand newline\n stay, ünïcode too');
});
