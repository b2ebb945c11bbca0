import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileWatch } from './watch.ts';

let home: string;
let files: FileWatch;
const never = new AbortController().signal;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'watch-test-')));
  for (const folder of ['src/deep', 'node_modules/ws', '.git', 'report'])
    mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, 'src/server.js'), '');
  files = new FileWatch([home], join(home, 'report'));
});
afterEach(() => {
  files.close();
  rmSync(home, { recursive: true, force: true });
});

describe('a change is told', () => {
  test.each<[string, string, () => void]>([
    ['of a file', 'src/server.js', () => appendFileSync(join(home, 'src/server.js'), 'x')],
    ['of a new file in a folder deep down', 'src/deep/a.js', () => writeFileSync(join(home, 'src/deep/a.js'), 'x')],
    ['of a file that goes away', 'src/server.js', () => rmSync(join(home, 'src/server.js'))],
    [
      'of a file that is put in place as editors do it',
      'src/server.js~',
      () => {
        writeFileSync(join(home, 'src/server.js~'), 'x');
        renameSync(join(home, 'src/server.js~'), join(home, 'src/server.js'));
      },
    ],
  ])('%s', async (_, file, change) => {
    const changed = files.changed(never);
    change();
    expect(await changed).toBe(file);
  });

  test('that came before anybody asked', async () => {
    appendFileSync(join(home, 'src/server.js'), 'x');
    expect(await files.changed(never)).toBe('src/server.js');
  });

  test('but not one that was overlooked, since a build of ours made it', async () => {
    const other = new FileWatch([home], join(home, 'report'));
    writeFileSync(join(home, 'src/built.js'), 'x');
    expect(await other.changed(never)).toBe('src/built.js');
    other.close();
    files.overlook();
    const changed = files.changed(never);
    appendFileSync(join(home, 'src/server.js'), 'x');
    expect(await changed).toBe('src/server.js');
  });

  test('in a folder that was made meanwhile, and many at once count as one', async () => {
    mkdirSync(join(home, 'new'));
    expect(await files.changed(never)).toBe('new');
    const changed = files.changed(never);
    for (const name of ['a', 'b', 'c']) writeFileSync(join(home, 'new', name), 'x');
    expect(await changed).toBe('new/a');
    const next = files.changed(never);
    appendFileSync(join(home, 'src/server.js'), 'x');
    expect(await next).toBe('src/server.js');
  });
});

test("other people's code, the report and the folders in which it is made are not the server's files", async () => {
  const changed = files.changed(never);
  for (const file of ['node_modules/ws/index.js', '.git/HEAD', 'report/index.html'])
    writeFileSync(join(home, file), 'x');
  mkdirSync(join(home, '.report-a1B2c3'));
  writeFileSync(join(home, '.report-a1B2c3/report.json'), 'x');
  // Changes are told in their order, so whatever comes first would be told first.
  appendFileSync(join(home, 'src/server.js'), 'x');
  expect(await changed).toBe('src/server.js');
});

test('a folder below node_modules may be a server too', async () => {
  const own = new FileWatch([join(home, 'node_modules/ws')], join(home, 'report'));
  const changed = own.changed(never);
  writeFileSync(join(home, 'node_modules/ws/index.js'), 'x');
  expect(await changed).toBe('index.js');
  own.close();
});

test('waiting ends with the reason of the signal', async () => {
  const controller = new AbortController();
  const changed = files.changed(controller.signal);
  controller.abort(new Error('enough'));
  await expect(changed).rejects.toThrow('enough');
  await expect(files.changed(controller.signal)).rejects.toThrow('enough');
});
