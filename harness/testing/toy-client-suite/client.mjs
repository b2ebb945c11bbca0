import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * `node client.mjs URL [good|bad|short]`: a client for the toy client suite. The client connects again and again until no
 * server listens. `bad` gives one wrong answer. `short` exits after the first connection.
 */
const [url, behavior = 'good'] = process.argv.slice(2);
const { hostname, port } = new URL(url);

function answerTo(question) {
  const [, a, b] = /(\d) \+ (\d)/.exec(question) ?? [];
  if (a === undefined) return 'a client';
  return String(Number(a) + Number(b) + (behavior === 'bad' && a === '2' ? 1 : 0));
}

for (let round = 0; ; round++) {
  if (behavior === 'short' && round === 1) process.exit(7);
  const socket = connect(Number(port), hostname);
  const hasEnded = await new Promise((resolve) => {
    socket.on('error', () => resolve(true));
    socket.on('close', () => resolve(false));
    createInterface({ input: socket }).on('line', (question) => socket.write(`${answerTo(question)}\n`));
  });
  if (hasEnded) break;
}
