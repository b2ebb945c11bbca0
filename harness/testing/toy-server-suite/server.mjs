import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * `node server.mjs PORT [polite|curt|rude]`: a server for the toy server suite, which answers each line with one line.
 * `polite` answers as the suite expects, `curt` has one tolerated deviation, `rude` has one failure.
 */
const [port, manners = 'polite'] = process.argv.slice(2);
const answers = {
  polite: (line) => (line === 'bye' ? 'good bye' : line),
  curt: (line) => (line === 'bye' ? 'GOOD BYE' : line),
  rude: (line) => (line.length > 100 ? 'too long' : line === 'bye' ? 'good bye' : line),
};

createServer((socket) => {
  socket.on('error', () => {});
  createInterface({ input: socket }).on('line', (line) => socket.write(`${answers[manners](line)}\n`));
}).listen(Number(port), '127.0.0.1');
