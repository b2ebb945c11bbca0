import { addressOf } from '../../subject/address.ts';
import { HarnessError } from '../../support/harness-error.ts';
import type { EngineMessage } from '../engine.ts';

/** A way from a container to the target. `url` is the target's address as seen from in there. */
export interface Network {
  readonly name: 'host' | 'host-gateway' | 'bridge';
  readonly mode: 'host' | 'bridge';
  readonly extraHosts: readonly string[];
  readonly url: string;
}

/** The name a container on the bridge knows its host by, once `host-gateway` is asked for. */
const GATEWAY = 'host.docker.internal';

/**
 * The ways worth trying, best first. The host's own network keeps the address and so the `Host` header as they are, and
 * costs nothing; on Docker Desktop "host" is a virtual machine, so there the gateway comes first.
 */
export function waysTo(url: string, platform: NodeJS.Platform = process.platform): Network[] {
  const target = new URL(url);
  const host: Network = { name: 'host', mode: 'host', extraHosts: [], url };
  if (!isLoopback(target.hostname)) return [host, { name: 'bridge', mode: 'bridge', extraHosts: [], url }];
  // Assigning hostname keeps port, path and query as they were.
  target.hostname = GATEWAY;
  const gateway: Network = {
    name: 'host-gateway',
    mode: 'bridge',
    extraHosts: [`${GATEWAY}:host-gateway`],
    url: target.href,
  };
  return platform === 'linux' ? [host, gateway] : [gateway, host];
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname === '0.0.0.0' || hostname.startsWith('127.');
}

/**
 * The command that tells whether a way leads to the target: exit code 0 when a TCP connection opens. bash does it by
 * itself, so it works in the upstream image and in ours, whatever Python they hold. It sends nothing: how the target
 * answers a handshake is for the cases to judge.
 */
export function knock(url: string): string[] {
  const { host, port } = addressOf(url);
  return ['timeout', '5', 'bash', '-c', 'exec 3<>"/dev/tcp/$0/$1"', host, String(port)];
}

/**
 * The first way that leads to the target. `tryWay` runs `knock` in a container on that way and says what it answered:
 * undefined when it got through, else why not. Throws HarnessError(3) when none does, which would else be 517 failed cases.
 */
export async function chooseNetwork(
  url: string,
  tryWay: (network: Network, command: string[]) => Promise<string | undefined>,
  onMessage: (message: EngineMessage) => void,
  platform: NodeJS.Platform = process.platform,
): Promise<Network> {
  const refused: string[] = [];
  for (const network of waysTo(url, platform)) {
    const why = await tryWay(network, knock(network.url));
    if (why === undefined) {
      const seen = network.url === url ? '' : `; the target is seen as ${network.url}, its Host header says so too`;
      onMessage({ kind: 'note', text: `network ${network.name}: the container reaches the target${seen}` });
      return network;
    }
    refused.push(`${network.name} (${network.url}): ${why}`);
  }
  throw new HarnessError(3, {
    what: 'the target is unreachable from a container',
    where: url,
    why: refused.join('; '),
    todo: 'check that the server still runs; where containers have no host network let it listen on 0.0.0.0; or use `--engine native`',
  });
}
