/**
 * Negotiated parameters of permessage-deflate for one connection (RFC 7692 §7.1). Window sizes are in bits, 9 to 15.
 */
export type Agreement = {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
};

/** Parameters of permessage-deflate that the server uses if the offer of the client does not demand others. */
export type DeflatePreferences = {
  /**
   * Compress each message without reference to earlier messages. This saves the server 264 KiB per connection (RFC 7692
   * §7.1.1.1).
   */
  readonly serverNoContextTakeover: boolean;
  /**
   * Ask the client to compress each message without reference to earlier messages. This saves the server 40 KiB per
   * connection (RFC 7692 §7.1.1.2).
   */
  readonly clientNoContextTakeover: boolean;
  /** Largest window that the server compresses with, in bits, 9 to 15 (RFC 7692 §7.1.2.1). */
  readonly serverMaxWindowBits: number;
};

/**
 * One extension offer of a client: the name and the parameters, in order. The value of a parameter without a value is
 * `true`.
 */
export type Offer = {
  readonly name: string;
  readonly params: readonly (readonly [name: string, value: string | true])[];
};

/**
 * Smallest window to negotiate, in bits. If 8 bits are requested for raw deflate, zlib uses 9, so the server cannot
 * promise 8.
 */
const MIN_WINDOW_BITS = 9;
const MAX_WINDOW_BITS = 15;

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;

/** Tells whether `text` is exactly one token (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  TOKEN.lastIndex = 0;
  return TOKEN.test(text) && TOKEN.lastIndex === text.length;
}

/**
 * Parses the header `Sec-WebSocket-Extensions` (RFC 6455 §9.1) in one pass and in linear time.
 *
 * @returns the offers in the order of the client, or undefined if the header breaks the grammar.
 */
export function parseOffers(header: string): Offer[] | undefined {
  const offers: Offer[] = [];
  let at = 0;

  function skipSpace(): void {
    while (header[at] === ' ' || header[at] === '\t') at++;
  }
  function consume(char: string): boolean {
    skipSpace();
    if (header[at] !== char) return false;
    at++;
    return true;
  }
  function readToken(): string | undefined {
    skipSpace();
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(header)?.[0];
    if (token !== undefined) at += token.length;
    return token;
  }
  /**
   * Reads a quoted value up to the closing quote. Without quotes and escapes the value must be a token (RFC 6455 §9.1).
   */
  function readQuoted(): string | undefined {
    let value = '';
    for (; at < header.length && header[at] !== '"'; at++) {
      if (header[at] === '\\') at++;
      value += header[at] ?? '';
    }
    return consume('"') && isToken(value) ? value : undefined;
  }

  do {
    const name = readToken();
    if (name === undefined) return undefined;
    const params: [string, string | true][] = [];
    while (consume(';')) {
      const key = readToken();
      if (key === undefined) return undefined;
      if (!consume('=')) {
        params.push([key, true]);
        continue;
      }
      const value = consume('"') ? readQuoted() : readToken();
      if (value === undefined) return undefined;
      params.push([key, value]);
    }
    offers.push({ name, params });
  } while (consume(','));
  skipSpace();
  return at === header.length ? offers : undefined;
}

/**
 * Negotiates permessage-deflate with the first usable offer (RFC 7692 §5, §7.1). An offer is not usable if it is
 * invalid or demands a window that zlib does not support. The function then tries the next offer.
 *
 * @returns the negotiated parameters and the value of the response header; undefined if no offer is usable.
 */
export function chooseOffer(
  offers: readonly Offer[],
  preferences: DeflatePreferences,
): { agreement: Agreement; answer: string } | undefined {
  for (const offer of offers) {
    const negotiated = negotiate(offer, preferences);
    if (negotiated !== undefined) return negotiated;
  }
  return undefined;
}

function negotiate(
  offer: Offer,
  preferences: DeflatePreferences,
): { agreement: Agreement; answer: string } | undefined {
  if (offer.name.toLowerCase() !== 'permessage-deflate') return undefined;
  // A plain object would be unsafe, because a client can name a parameter `constructor`.
  const params = new Map<string, string | true>();
  for (const [key, value] of offer.params) {
    const name = key.toLowerCase();
    if (params.has(name)) return undefined; // RFC 7692 §7.1: a parameter must not occur twice.
    params.set(name, value);
  }
  let { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits } = preferences;
  let clientMaxWindowBits = MAX_WINDOW_BITS;
  const answer = ['permessage-deflate'];

  for (const [name, value] of params) {
    switch (name) {
      case 'server_no_context_takeover': // RFC 7692 §7.1.1.1: a demand that the server must follow.
        if (value !== true) return undefined;
        serverNoContextTakeover = true;
        break;
      case 'client_no_context_takeover': // RFC 7692 §7.1.1.2: a hint that saves this server one window.
        if (value !== true) return undefined;
        clientNoContextTakeover = true;
        break;
      case 'server_max_window_bits': {
        // RFC 7692 §7.1.2.1: server_max_window_bits is a demand that the server must follow.
        const bits = parseWindowBits(value);
        if (bits === undefined || bits < MIN_WINDOW_BITS) return undefined;
        serverMaxWindowBits = Math.min(serverMaxWindowBits, bits);
        break;
      }
      case 'client_max_window_bits': {
        // RFC 7692 §7.1.2.2: client_max_window_bits without a value allows the server to limit the client's window, but
        // does not require it.
        if (value === true) break;
        const bits = parseWindowBits(value);
        if (bits === undefined) return undefined;
        // The server ignores client_max_window_bits=8 and inflates with a larger window. A larger window can inflate
        // everything that was compressed with a smaller one.
        if (bits >= MIN_WINDOW_BITS) clientMaxWindowBits = bits;
        break;
      }
      default: // RFC 7692 §7.1: an unknown parameter makes the offer invalid.
        return undefined;
    }
  }
  if (serverNoContextTakeover) answer.push('server_no_context_takeover');
  if (clientNoContextTakeover) answer.push('client_no_context_takeover');
  // The response contains server_max_window_bits if the offer contained it, or if the window is smaller than the
  // default of 15 bits.
  if (params.has('server_max_window_bits') || serverMaxWindowBits < MAX_WINDOW_BITS) {
    answer.push(`server_max_window_bits=${serverMaxWindowBits}`);
  }
  if (clientMaxWindowBits < MAX_WINDOW_BITS) answer.push(`client_max_window_bits=${clientMaxWindowBits}`);
  return {
    agreement: { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits },
    answer: answer.join('; '),
  };
}

/** Parses a window size: 8 to 15 in decimal without a leading zero (RFC 7692 §7.1.2). Undefined for anything else. */
function parseWindowBits(value: string | true): number | undefined {
  return typeof value === 'string' && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : undefined;
}
