/** permessage-deflate as agreed for one connection (RFC 7692 §7.1). Window sizes in bits, 9 to 15. */
export type Agreement = {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
};

/** What a server wants of permessage-deflate where a client leaves it the choice. */
export type DeflateWishes = {
  /** Compress each message on its own: no window is kept between messages, which saves 264 KiB per connection. */
  readonly serverNoContextTakeover: boolean;
  /** Ask the same of the client: saves 40 KiB per connection. */
  readonly clientNoContextTakeover: boolean;
  /** The largest window we compress with, 9 to 15. */
  readonly serverMaxWindowBits: number;
};

/** One offer: an extension's name, its parameters in order. A parameter without a value is `true`. */
export type Offer = {
  readonly name: string;
  readonly params: readonly (readonly [name: string, value: string | true])[];
};

/** zlib makes a raw deflate window of 9 bits when asked for 8, so 8 could be agreed to but not kept. */
const SMALLEST_WINDOW_BITS = 9;
const LARGEST_WINDOW_BITS = 15;

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;

/** Is this one token of RFC 9110 §5.6.2? */
export function isToken(text: string): boolean {
  TOKEN.lastIndex = 0;
  return TOKEN.test(text) && TOKEN.lastIndex === text.length;
}

/**
 * Reads `Sec-WebSocket-Extensions` (RFC 6455 §9.1), in one pass and in linear time.
 *
 * @returns the offers in the client's order, or undefined where the header breaks the grammar.
 */
export function parseOffers(header: string): Offer[] | undefined {
  const offers: Offer[] = [];
  let at = 0;

  function space(): void {
    while (header[at] === ' ' || header[at] === '\t') at++;
  }
  function take(char: string): boolean {
    space();
    if (header[at] !== char) return false;
    at++;
    return true;
  }
  function token(): string | undefined {
    space();
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(header)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  }
  /** A quoted value must be a token once unquoted (§9.1), so only backslashes make it other than it looks. */
  function quoted(): string | undefined {
    let value = '';
    for (; at < header.length && header[at] !== '"'; at++) {
      if (header[at] === '\\') at++;
      value += header[at] ?? '';
    }
    return take('"') && isToken(value) ? value : undefined;
  }

  do {
    const name = token();
    if (name === undefined) return undefined;
    const params: [string, string | true][] = [];
    while (take(';')) {
      const key = token();
      if (key === undefined) return undefined;
      if (!take('=')) {
        params.push([key, true]);
        continue;
      }
      const value = take('"') ? quoted() : token();
      if (value === undefined) return undefined;
      params.push([key, value]);
    }
    offers.push({ name, params });
  } while (take(','));
  space();
  return at === header.length ? offers : undefined;
}

/**
 * The first offer that we can keep (RFC 7692 §5, §7.1). One that is wrong, or that asks for what zlib cannot do, is
 * declined, and the next one is looked at: that is what a list of offers is for.
 */
export function chooseOffer(
  offers: readonly Offer[],
  wishes: DeflateWishes,
): { agreement: Agreement; answer: string } | undefined {
  for (const offer of offers) {
    const agreement = agree(offer, wishes);
    if (agreement !== undefined) return agreement;
  }
  return undefined;
}

function agree(offer: Offer, wishes: DeflateWishes): { agreement: Agreement; answer: string } | undefined {
  if (offer.name.toLowerCase() !== 'permessage-deflate') return undefined;
  // A Map: a parameter may be called `constructor`.
  const params = new Map<string, string | true>();
  for (const [key, value] of offer.params) {
    const name = key.toLowerCase();
    if (params.has(name)) return undefined; // §7.1: twice the same
    params.set(name, value);
  }
  let { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits } = wishes;
  let clientMaxWindowBits = LARGEST_WINDOW_BITS;
  const answer = ['permessage-deflate'];

  for (const [name, value] of params) {
    switch (name) {
      case 'server_no_context_takeover': // §7.1.1.1
        if (value !== true) return undefined;
        serverNoContextTakeover = true;
        break;
      case 'client_no_context_takeover': // §7.1.1.2: a hint, and welcome: we need no window for this client
        if (value !== true) return undefined;
        clientNoContextTakeover = true;
        break;
      case 'server_max_window_bits': {
        // §7.1.2.1: a demand
        const bits = windowBits(value);
        if (bits === undefined || bits < SMALLEST_WINDOW_BITS) return undefined;
        serverMaxWindowBits = Math.min(serverMaxWindowBits, bits);
        break;
      }
      case 'client_max_window_bits': {
        // §7.1.2.2: without a value it only says that we may ask
        if (value === true) break;
        const bits = windowBits(value);
        if (bits === undefined) return undefined;
        // 8 stays a hint that is not taken up: a larger window reads what was written with a smaller.
        if (bits >= SMALLEST_WINDOW_BITS) clientMaxWindowBits = bits;
        break;
      }
      default: // §7.1: unknown
        return undefined;
    }
  }
  if (serverNoContextTakeover) answer.push('server_no_context_takeover');
  if (clientNoContextTakeover) answer.push('client_no_context_takeover');
  // Said when asked for, and when smaller than what a client would take for granted.
  if (params.has('server_max_window_bits') || serverMaxWindowBits < LARGEST_WINDOW_BITS) {
    answer.push(`server_max_window_bits=${serverMaxWindowBits}`);
  }
  if (clientMaxWindowBits < LARGEST_WINDOW_BITS) answer.push(`client_max_window_bits=${clientMaxWindowBits}`);
  return {
    agreement: { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits },
    answer: answer.join('; '),
  };
}

/** 8 to 15, in decimal, without a leading zero (§7.1.2). */
function windowBits(value: string | true): number | undefined {
  return typeof value === 'string' && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : undefined;
}
