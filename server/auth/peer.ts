import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Who is at the other end, as far as it can be believed. */
export interface Peer {
  /** IP address; of the client behind the proxy when the proxy is a listed one. */
  readonly address: string;
  /** The client came over TLS, says a listed proxy. */
  readonly secure: boolean;
}

/** As much of a request as tells who makes it. */
export type Requester = Pick<IncomingMessage, 'headers' | 'socket'>;

/** `::ffff:10.0.0.1` is `10.0.0.1`. */
const plain = (address: string): string => (/^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address);

const last = (header: string | string[] | undefined): string => (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').at(-1)?.trim().toLowerCase() ?? '';

/** `10.0.0.0/8`, `::1`, `loopback`: an entry as kept; null when it is no address. */
export function proxyEntry(entry: string): string | null {
  if (entry.toLowerCase() === 'loopback') return 'loopback';
  const [, address = '', bits] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(entry) ?? [];
  const family = isIP(address);
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 4 ? 32 : 128)) ? entry.toLowerCase() : null;
}

function listOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries.flatMap((one) => (one === 'loopback' ? ['127.0.0.0/8', '::1'] : [one]))) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/**
 * Reads the peer of a request. `X-Forwarded-For` and `X-Forwarded-Proto` count only when the connection itself comes from a listed proxy; of the chain, the last
 * address that is no listed proxy is the client. What stands before it was written by the client and proves nothing.
 */
export function createPeerReader(trusted: readonly string[]): (request: Requester) => Peer {
  const proxies = listOf(trusted);
  const isProxy = (address: string): boolean => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? '');
    if (isIP(address) === 0 || !isProxy(address)) return { address, secure: false };
    const told = headers['x-forwarded-for'];
    const chain = (Array.isArray(told) ? told.join(',') : (told ?? '')).split(',').map((entry) => plain(entry.trim()));
    for (const entry of chain.reverse()) {
      if (isIP(entry) === 0) break;
      address = entry;
      if (!isProxy(entry)) break;
    }
    return { address, secure: last(headers['x-forwarded-proto']) === 'https' };
  };
}

/** What limits count by: the address, of IPv6 the /64, because whoever has one address of it has them all. */
export function limitKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const left = head.split(':').filter((part) => part !== '');
  const right = tail === undefined ? [] : tail.split(':').filter((part) => part !== '');
  const groups = tail === undefined ? left : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return `${groups.slice(0, 4).map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
