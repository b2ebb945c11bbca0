import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { addressOf } from './address.ts';

/** Time limit of the TLS handshake in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Reads a file of certificate authorities. Refuses a file without a certificate, because TLS would silently ignore the
 * file and then refuse every connection.
 * @param from the option or configuration key that names the file, for the error.
 * @returns PEM text.
 * @throws HarnessError with exit code 2.
 */
export function readCertificates(path: string, from: string): string {
  const refused = (what: string, error: unknown, todo: string) =>
    new HarnessError(2, { what, where: path, why: errorMessage(error), todo });
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

/**
 * Returns the TLS options for a connection to a URL. Without `ca`, every certificate is accepted. For an IP address,
 * the TLS extension "server name" is left out, as RFC 6066 section 3 demands.
 * @param ca PEM text of the authorities to trust.
 */
export function trustOf(url: string, ca: string | undefined): tls.ConnectionOptions {
  const { host } = addressOf(url);
  return {
    rejectUnauthorized: ca !== undefined,
    ...omitUndefined({ ca }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
  };
}

/**
 * Verifies the certificate of a server: makes one TLS connection and closes it. The function is called once before the
 * cases, if the user names an authority, because Autobahn itself verifies no certificates. Any other failure of the
 * connection is ignored here, because the cases will report it.
 * @throws HarnessError with exit code 3 if no authority in `ca` signed the certificate, or if the certificate is for
 * another host name.
 */
export async function refuseDistrusted(url: string, ca: string): Promise<void> {
  const { host, port, secure } = addressOf(url);
  if (!secure) return;
  const socket = tls.connect({ host, port, timeout: TIMEOUT_MS, ...trustOf(url, ca) });
  const error = await new Promise<Error | undefined>((resolve) => {
    socket.once('secureConnect', () => resolve(undefined));
    socket.once('error', resolve);
    for (const event of ['timeout', 'close']) socket.once(event, () => resolve(undefined));
  });
  socket.destroy();
  if (error !== undefined && isDistrust(error)) throw distrusted(url, error);
}

/**
 * Whether a TLS connection failed because of the certificate: an error of OpenSSL, or Node's error about the host name.
 */
export function isDistrust(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return /CERT|SELF_SIGNED|ISSUER|VERIFY_LEAF_SIGNATURE/.test(code);
}

/** The error for a server whose certificate is not trusted. */
export function distrusted(url: string, error: Error): HarnessError {
  return new HarnessError(
    3,
    {
      what: `The certificate of the server at ${url} is not trusted.`,
      where: url,
      why: error.message,
      todo: 'Name the authority that signed the certificate with --ca, or as "ca" of the server, and use the host name of the certificate (for a server that we start: "host"). Without "ca" every certificate is accepted.',
    },
    { cause: error },
  );
}
