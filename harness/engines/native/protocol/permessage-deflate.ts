import { asciiOnly, parseAsciiInteger, strip, stripAscii } from './python2-text.ts';
import type { Role } from './wire.ts';

/** The parameters of permessage-deflate that both sides have agreed on (RFC 7692 7.1). */
export interface Deflate {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  /** From 8 to 15: the window has 2 to the power of that many bytes. */
  serverMaxWindowBits: number;
  clientMaxWindowBits: number;
}

/** Returns the parameters of one direction of a connection: those for the messages that `sender` compresses. */
export function compressionOf(deflate: Deflate, sender: Role): { noContextTakeover: boolean; windowBits: number } {
  return sender === 'client'
    ? { noContextTakeover: deflate.clientNoContextTakeover, windowBits: deflate.clientMaxWindowBits }
    : { noContextTakeover: deflate.serverNoContextTakeover, windowBits: deflate.serverMaxWindowBits };
}

/**
 * What a response says about extensions. `deflate`: the agreed parameters, or null for no compression. `why`: the
 * reason why the response is not valid.
 */
export type ExtensionVerdict = { ok: true; deflate: Deflate | null } | { ok: false; why: string };

/**
 * Reads the field `Sec-WebSocket-Extensions` of a response (RFC 6455 9.1, RFC 7692 7.1). The only valid extension is
 * permessage-deflate, at most once and only if the client offered it. Each of its parameters must be known, valid, and
 * given once. Throws TypeError if the field is not ASCII.
 */
export function readExtensions(header: string, offered: boolean): ExtensionVerdict {
  let deflate: Deflate | null = null;
  const elements = header.split(',').map(strip);
  asciiOnly(elements.join(), 'Sec-WebSocket-Extensions');
  // Empty elements of the list are ignored (RFC 9110 5.6.1.2).
  for (const element of elements.filter((text) => text !== '')) {
    const [name = '', ...parameters] = element.split(';').map(stripAscii);
    if (name.toLowerCase() !== 'permessage-deflate')
      return { ok: false, why: `the server chose the extension ${JSON.stringify(name)}, which was not offered` };
    if (deflate !== null) return { ok: false, why: 'the server chose permessage-deflate twice' };
    const parsed = readParameters(parameters);
    if (typeof parsed === 'string') return { ok: false, why: parsed };
    deflate = parsed;
  }
  if (deflate !== null && !offered)
    return { ok: false, why: 'the server chose permessage-deflate, which was not offered' };
  return { ok: true, deflate };
}

/** Returns the agreed parameters, or a sentence that says which parameter is wrong. */
function readParameters(parameters: readonly string[]): Deflate | string {
  const deflate: Deflate = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };
  const seen = new Set<string>();
  for (const parameter of parameters) {
    const [rawName = '', ...rawValues] = parameter.split('=').map(stripAscii);
    const name = rawName.toLowerCase();
    // As in Autobahn, the value may have only an opening or only a closing quotation mark.
    const value = rawValues.length === 0 ? null : rawValues.join('=').replace(/^"/, '').replace(/"$/, '');
    if (seen.has(name)) return `the parameter ${name} of permessage-deflate came twice`;
    seen.add(name);
    const fault = `the parameter ${JSON.stringify(parameter)} of permessage-deflate is not valid`;
    const bits = value === null ? null : parseAsciiInteger(value);
    switch (name) {
      case 'server_no_context_takeover':
        if (value !== null) return fault;
        deflate.serverNoContextTakeover = true;
        break;
      case 'client_no_context_takeover':
        if (value !== null) return fault;
        deflate.clientNoContextTakeover = true;
        break;
      case 'server_max_window_bits':
        if (bits === null || bits < 8 || bits > 15) return fault;
        deflate.serverMaxWindowBits = bits;
        break;
      case 'client_max_window_bits':
        if (bits === null || bits < 8 || bits > 15) return fault;
        deflate.clientMaxWindowBits = bits;
        break;
      default:
        return fault;
    }
  }
  return deflate;
}
