import { join } from 'node:path';
import { execa } from 'execa';

/** A certificate for a server, its key, and the authority that signed it: files with PEM, for tests. */
export interface Credentials {
  ca: string;
  cert: string;
  key: string;
}

/** A new authority, and a certificate of its for 127.0.0.1 and no other name. @param name of the authority, and of the files. */
export async function credentials(folder: string, name: string): Promise<Credentials> {
  const at = (file: string) => join(folder, `${name}-${file}.pem`);
  const [ca, caKey, cert, key] = [at('ca'), at('ca-key'), at('cert'), at('key')];
  const fresh = (subject: string, keyout: string, out: string) =>
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'].concat(
      '-subj',
      `/CN=${subject}`,
      '-keyout',
      keyout,
      '-out',
      out,
    );
  await execa('openssl', [...fresh(`authority ${name}`, caKey, ca), '-addext', 'keyUsage=critical,keyCertSign']);
  const signed = ['-CA', ca, '-CAkey', caKey, '-addext', 'subjectAltName=IP:127.0.0.1'];
  await execa('openssl', [...fresh(`server of ${name}`, key, cert), ...signed, '-addext', 'basicConstraints=CA:FALSE']);
  return { ca, cert, key };
}

const SERVER = `
const [port, key, cert, word] = process.argv.slice(1);
const read = require('node:fs').readFileSync;
const server = require('node:https').createServer({ key: read(key), cert: read(cert) });
new (require('ws').WebSocketServer)({ server, perMessageDeflate: false, maxPayload: 2 ** 24 }).on('connection', (socket) => {
  socket.on('error', () => undefined);
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
server.listen(Number(port), '127.0.0.1', () => {
  if (word) console.log(word + ' wss://127.0.0.1:' + server.address().port + '/');
});`;

/**
 * A command that starts an echo server over TLS, by `ws`; to be run in the repository.
 * @param word with which it says its address when it listens; without one it says nothing.
 */
export const tlsEcho = ({ key, cert }: Credentials, word = ''): string[] => [
  process.execPath,
  '-e',
  SERVER,
  '{port}',
  key,
  cert,
  word,
];
