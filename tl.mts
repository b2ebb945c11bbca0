import { performance } from 'node:perf_hooks';
import { caseById, cases } from './harness/suites/autobahn/cases/index.ts';
import { playCases } from './harness/engines/native/player.ts';
import { Corpora } from './harness/engines/native/messages/corpora.ts';
import { MessageStore } from './harness/engines/native/messages/message-store.ts';
import { TIMEOUTS } from './harness/engines/native/timers.ts';
const port = Number(process.argv[2]);
const list = cases.filter(({ id }) => !/^1[23]\./.test(id));
const t0 = performance.now();
const start = new Map(); const rows: any[] = []; const count = new Map();
await playCases(list, { address: { host: '127.0.0.1', port, tls: null }, request: { host: '127.0.0.1', port, resource: '/', userAgent: 'x' }, timeouts: TIMEOUTS, messages: new MessageStore(new Corpora(null)) }, { jobs: 8, signal: new AbortController().signal }, {
  started: (id) => { start.set(id, performance.now() - t0); count.set(id, (count.get(id) ?? 0) + 1); },
  finished: (p) => { rows.push([p.testCase.id, Math.round(start.get(p.testCase.id)), Math.round(performance.now() - t0), count.get(p.testCase.id), p.timed ? 'timed' : '']); },
  note: (t) => console.log('NOTE', t),
});
const total = performance.now() - t0;
console.log('total', Math.round(total));
for (const r of rows.filter((r) => r[2] - r[1] > 700 || r[3] > 1 )) console.log(r.join(' '));
const done = rows.map((r) => r[2]); for (let t = 0; t < total; t += 500) console.log(t, done.filter((d) => d >= t && d < t + 500).length);
