import { join } from 'node:path';
import { execa } from 'execa';

/** Paths of PEM files for tests: a certificate for a server, its key, and the authority that signed it. */
export interface Credentials {
  ca: string;
  cert: string;
  key: string;
}

/**
 * Creates a certificate authority, and a certificate that the authority signed, which is valid for 127.0.0.1 only.
 * @param name name of the authority. The names of the files begin with this name.
 */
export async function credentials(folder: string, name: string): Promise<Credentials> {
  const at = (file: string) => join(folder, `${name}-${file}.pem`);
  const [ca, caKey, cert, key] = [at('ca'), at('ca-key'), at('cert'), at('key')];
  const newCertificate = (subject: string, keyout: string, out: string) =>
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'].concat(
      '-subj',
      `/CN=${subject}`,
      '-keyout',
      keyout,
      '-out',
      out,
    );
  await execa('openssl', [
    ...newCertificate(`authority ${name}`, caKey, ca),
    '-addext',
    'keyUsage=critical,keyCertSign',
  ]);
  const signed = ['-CA', ca, '-CAkey', caKey, '-addext', 'subjectAltName=IP:127.0.0.1'];
  await execa('openssl', [
    ...newCertificate(`server of ${name}`, key, cert),
    ...signed,
    '-addext',
    'basicConstraints=CA:FALSE',
  ]);
  return { ca, cert, key };
}

/** Source text of the echo server. Arguments: port, key file, certificate file, word. */
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
 * The program and arguments that start a TLS echo server, made with the package ws. The working folder must be the
 * repository.
 * @param word if set, the server prints this word and its URL in one line when it listens. Otherwise the server prints
 *   nothing.
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
