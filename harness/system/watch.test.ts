import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileWatch } from './watch.ts';

let home: string;
let files: FileWatch;
const never = new AbortController().signal;
beforeEach(async () => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'watch-test-')));
  for (const folder of ['src/deep', 'node_modules/ws', '.git', 'report'])
    mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, 'src/server.js'), '');
  files = await FileWatch.start([home], join(home, 'report'));
});
afterEach(async () => {
  await files.close();
  rmSync(home, { recursive: true, force: true });
});

describe('reports a change', () => {
  test.each<[string, string, () => void]>([
    ['of a file', 'src/server.js', () => appendFileSync(join(home, 'src/server.js'), 'x')],
    ['of a new file in a nested folder', 'src/deep/a.js', () => writeFileSync(join(home, 'src/deep/a.js'), 'x')],
    ['of a file that is deleted', 'src/server.js', () => rmSync(join(home, 'src/server.js'))],
    [
      'of a file that an editor replaces by renaming another one',
      'src/server.js',
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

  test('that came before the call', async () => {
    appendFileSync(join(home, 'src/server.js'), 'x');
    expect(await files.changed(never)).toBe('src/server.js');
  });

  test('but not a change that was discarded because a build made it', async () => {
    const other = await FileWatch.start([home], join(home, 'report'));
    writeFileSync(join(home, 'src/built.js'), 'x');
    expect(await other.changed(never)).toBe('src/built.js');
    await other.close();
    files.discardChange();
    const changed = files.changed(never);
    appendFileSync(join(home, 'src/server.js'), 'x');
    expect(await changed).toBe('src/server.js');
  });

  test('in a folder that is new, and reports several files that change together once', async () => {
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

test('ignores code of others, the report, and the folders in which a report is prepared', async () => {
  const changed = files.changed(never);
  for (const file of ['node_modules/ws/index.js', '.git/HEAD', 'report/index.html'])
    writeFileSync(join(home, file), 'x');
  mkdirSync(join(home, '.report-a1B2c3'));
  writeFileSync(join(home, '.report-a1B2c3/report.json'), 'x');
  // Changes are reported in order. If the watch did not ignore the earlier change, it would report that change first.
  appendFileSync(join(home, 'src/server.js'), 'x');
  expect(await changed).toBe('src/server.js');
});

test('watches a folder below node_modules if it is the folder of a server', async () => {
  const own = await FileWatch.start([join(home, 'node_modules/ws')], join(home, 'report'));
  const changed = own.changed(never);
  writeFileSync(join(home, 'node_modules/ws/index.js'), 'x');
  expect(await changed).toBe('index.js');
  await own.close();
});

test('rejects with the reason of the signal if it aborts', async () => {
  const controller = new AbortController();
  const changed = files.changed(controller.signal);
  controller.abort(new Error('enough'));
  await expect(changed).rejects.toThrow('enough');
  await expect(files.changed(controller.signal)).rejects.toThrow('enough');
});

test('watches nothing, and does not fail, if a folder does not exist', async () => {
  const own = await FileWatch.start([join(home, 'missing')], join(home, 'report'));
  await own.close();
});
