import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { PlayEvent } from '../engines/engine.ts';
import { allPids, processFacts } from '../system/process-table.ts';
import { besideBusyProcesses, startBusyProcesses } from './busy.ts';

/**
 * Returns the pids of the processes that this process has started. Field 4 of /proc/PID/stat is the pid of the parent.
 */
function childrenOfThisProcess(): number[] {
  return allPids().filter((pid) => parentOf(pid) === process.pid);
}
function parentOf(pid: number): number | undefined {
  if (processFacts(pid) === undefined) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
const alive = (pids: readonly number[]) => pids.filter((pid) => processFacts(pid) !== undefined);

describe.runIf(process.platform === 'linux')('busy processes', () => {
  test('run on every core, and have ended when their end was awaited', async () => {
    const { pids, end } = startBusyProcesses();
    expect(pids).toHaveLength(availableParallelism());
    expect(alive(pids)).toEqual(pids);
    await end();
    expect(alive(pids)).toEqual([]);
    await end();
  });

  test('end soon after the process that started them was killed', async () => {
    const module = new URL('busy.ts', import.meta.url).href;
    const script = `const { startBusyProcesses } = await import(${JSON.stringify(module)});
      console.log(startBusyProcesses().pids.join(' ')); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--import', 'tsx/esm', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const pids = String(line).trim().split(' ').map(Number);
    expect(alive(pids)).toEqual(pids);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    for (let tries = 0; tries < 100 && alive(pids).length > 0; tries++) await sleep(50);
    expect(alive(pids)).toEqual([]);
  });

  test('live as long as the engine plays, and do not change what the engine yields', async () => {
    let during: number[] = [];
    const engine = besideBusyProcesses({
      facts: { name: 'native', summary: 'the embedded engine' },
      recordsLive: true,
      async *play(): AsyncGenerator<PlayEvent> {
        during = childrenOfThisProcess();
        yield { kind: 'started', id: '1.1.1' };
      },
    });
    const before = childrenOfThisProcess();
    const events: PlayEvent[] = [];
    const signal = new AbortController().signal;
    const reach = { by: 'connecting', url: 'ws://127.0.0.1:1/', handshake: {} } as const;
    for await (const event of engine.play({ cases: ['1.1.1'], agent: 'x', reach, signal })) events.push(event);
    expect(events).toEqual([{ kind: 'started', id: '1.1.1' }]);
    expect(during.length - before.length).toBe(availableParallelism());
    expect(childrenOfThisProcess()).toEqual(before);
  });
});
