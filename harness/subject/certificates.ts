import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { HarnessError } from '../support/harness-error.ts';
import { addressOf } from './address.ts';

/** How long a server may take over a TLS handshake, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * Certificate authorities as PEM. What is none would else be ignored without a word, and every connection refused.
 * @param from where the file is named, for the error. @throws HarnessError (2).
 */
export function readCertificates(path: string, from: string): string {
  const refused = (what: string, error: unknown, todo: string) =>
    new HarnessError(2, { what, where: path, why: error instanceof Error ? error.message : String(error), todo });
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(`The certificates of ${from} cannot be read.`, error, 'Check the path.');
  }
  try {
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw refused(
      `The file of ${from} holds no certificate.`,
      error,
      'Name a PEM file that begins with -----BEGIN CERTIFICATE-----.',
    );
  }
}

/** What TLS wants to know of an address: whom it trusts, and by which name the server is called (RFC 6066 3: no literal address). */
export function trustOf(url: string, ca: string | undefined): tls.ConnectionOptions {
  const { host } = addressOf(url);
  return {
    rejectUnauthorized: ca !== undefined,
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
  };
}

/**
 * Makes one TLS connection to see whether the certificate is of an authority in `ca` and for the name in the address.
 * The reference verifies none, so whoever names an authority gets it from us, once, before the cases. A connection that
 * fails for another reason is for the cases to tell.
 * @throws HarnessError (3) when it is not trusted.
 */
export async function refuseDistrusted(url: string, ca: string): Promise<void> {
  const { host, port, secure } = addressOf(url);
  if (!secure) return;
  const socket = tls.connect({ host, port, timeout: PATIENCE_MS, ...trustOf(url, ca) });
  const error = await new Promise<Error | undefined>((resolve) => {
    socket.once('secureConnect', () => resolve(undefined));
    socket.once('error', resolve);
    for (const silence of ['timeout', 'close']) socket.once(silence, () => resolve(undefined));
  });
  socket.destroy();
  if (error !== undefined && isDistrust(error)) throw distrusted(url, error);
}

/** Whether a TLS connection failed because of the certificate: OpenSSL's verdicts, and Node's on the name in it. */
export function isDistrust(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return /CERT|SELF_SIGNED|ISSUER|VERIFY_LEAF_SIGNATURE/.test(code);
}

/** Of a server whose certificate is not trusted. */
export function distrusted(url: string, error: Error): HarnessError {
  return new HarnessError(
    3,
    {
      what: `The certificate of the server at ${url} is not trusted.`,
      where: url,
      why: error.message,
      todo: 'Give the authority that signed it with --ca, or as "ca" of the server, and call the server by the name it is issued for ("host" of a server we start); or leave the authority out: then any certificate will do.',
    },
    { cause: error },
  );
}
