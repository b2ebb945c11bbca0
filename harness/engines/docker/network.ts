import { addressOf } from '../../subject/address.ts';
import { HarnessError } from '../../support/harness-error.ts';
import type { EngineMessage } from '../engine.ts';

/**
 * A Docker network through which a container may reach the tested server. `url`: the server's address as seen from the
 * container.
 */
export interface Network {
  readonly name: 'host' | 'host-gateway' | 'bridge';
  readonly mode: 'host' | 'bridge';
  readonly extraHosts: readonly string[];
  readonly url: string;
}

/**
 * Host name under which a container on the bridge network reaches its host. Works only for a container that was created
 * with Docker's value `host-gateway`.
 */
const GATEWAY = 'host.docker.internal';

/**
 * Returns the networks to try, the best network first. On Linux that is the host's own network: the server keeps its
 * address, the `Host` header stays the same, and no packet is translated. On Docker Desktop, a container's "host" is a
 * virtual machine, and the first network to try is the gateway to the real machine.
 */
export function candidateNetworks(url: string, platform: NodeJS.Platform = process.platform): Network[] {
  const target = new URL(url);
  const host: Network = { name: 'host', mode: 'host', extraHosts: [], url };
  if (!isLoopback(target.hostname)) return [host, { name: 'bridge', mode: 'bridge', extraHosts: [], url }];
  // An assignment to `hostname` changes only the host: port, path and query of the URL stay.
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
 * Returns the command that tests in a container whether the tested server can be reached: exit code 0 if a TCP
 * connection opens. The command needs only bash and coreutils, which the upstream image and our image both have. It
 * sends no byte to the server.
 */
export function connectCommand(url: string): string[] {
  const { host, port } = addressOf(url);
  return ['timeout', '5', 'bash', '-c', 'exec 3<>"/dev/tcp/$0/$1"', host, String(port)];
}

/**
 * Returns the first Docker network with which a container reaches the tested server. `tryNetwork` runs the command in a
 * container. It resolves to undefined if the server was reached, else to the reason. Throws HarnessError with exit code
 * 3 if no network reaches the server. Without this check, all cases would fail in that situation.
 */
export async function chooseNetwork(
  url: string,
  tryNetwork: (network: Network, command: string[]) => Promise<string | undefined>,
  onMessage: (message: EngineMessage) => void,
  platform: NodeJS.Platform = process.platform,
): Promise<Network> {
  const failures: string[] = [];
  for (const network of candidateNetworks(url, platform)) {
    const why = await tryNetwork(network, connectCommand(network.url));
    if (why === undefined) {
      const seen = network.url === url ? '' : `; the target is seen as ${network.url}, its Host header says so too`;
      onMessage({ kind: 'note', text: `network ${network.name}: the container reaches the target${seen}` });
      return network;
    }
    failures.push(`${network.name} (${network.url}): ${why}`);
  }
  throw new HarnessError(3, {
    what: 'the target is unreachable from a container',
    where: url,
    why: failures.join('; '),
    todo: 'check that the server still runs; where containers have no host network let it listen on 0.0.0.0; or use `--engine native`',
  });
}
