/** A process of its own for the other end of many connections: `tsx bench/idleClients.ts PORT COUNT`. It ends when its parent does. */
import { STREAMS } from '@/core/contract';
import { RawClient } from './rawClient';

/** Handshakes under way at once. */
const AT_ONCE = 50;

async function main(port: number, count: number): Promise<void> {
  process.once('disconnect', () => process.exit(0));
  const clients: RawClient[] = [];
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun++ < count) clients.push(await RawClient.open({ port, path: STREAMS.market.path, protocol: 'tickglass.v2.rows', features: ['ack', 'sparse'], stamps: begun % 20 === 0 }));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  process.send?.({ connected: clients.length });
  process.on('message', () => process.send?.({ delays: clients.flatMap((client) => client.delays.splice(0)), text: clients.reduce((n, client) => n + client.text, 0) }));
}

void main(Number(process.argv[2]), Number(process.argv[3])).catch((error: unknown) => {
  process.send?.({ failed: String(error) });
  process.exit(1);
});
