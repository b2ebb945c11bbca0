import { expect, it } from 'vitest';
import { rerunCommand } from './rerun.ts';

it.each([
  ['npm run conformance', 'npm run conformance -- 7.1.6'],
  ['npm run conformance -- --engine docker', 'npm run conformance -- 7.1.6 --engine docker'],
  ['npm run conformance -- run 1.1 @limits !9 --jobs 4 --shard 1/4', 'npm run conformance -- run 7.1.6 --jobs 4'],
  ['npm run conformance -- 6 -- node "my server.js" 9001', 'npm run conformance -- 7.1.6 -- node "my server.js" 9001'],
  ['npx ws-conformance --url ws://[::1]:9/ --strict 12.*', 'npx ws-conformance 7.1.6 --url ws://[::1]:9/ --strict'],
  ['npx ws-conformance run --out=x --shard=1/2', 'npx ws-conformance run 7.1.6'],
  ['something else', 'npm run conformance -- 7.1.6'],
  ['', 'npm run conformance -- 7.1.6'],
])('turns %j into %j', (command, again) => {
  expect(rerunCommand(command, '7.1.6')).toBe(again);
});
