// Opens connections all at once from a process of its own, which gives way to everything else on the machine: port, number, network of the addresses, number of
// addresses. Prints how they were answered, then lets go of them.
import { connect } from 'node:net';
import { constants, setPriority } from 'node:os';
import { upgrade } from '../support/rawFrames';

const [port = 0, count = 0, hosts = 1] = [process.argv[2], process.argv[3], process.argv[5]].map(Number);
const network = process.argv[4] ?? '127.0.0';
setPriority(constants.priority.PRIORITY_LOW);

const began = performance.now();
const text = upgrade(port);
const answers: Record<string, number> = {};

/** Status of the answer, or the fault of the connection. */
function dial(i: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `${network}.${1 + (i % hosts)}` });
    socket.once('connect', () => socket.write(text));
    socket.once('data', (data) => resolve(data.toString('latin1', 9, 12)));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve('closed'));
  });
}

for (const answer of await Promise.all(Array.from({ length: count }, (_none, i) => dial(i)))) answers[answer] = (answers[answer] ?? 0) + 1;
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - began) / 1_000, answers })}\n`);
process.exit();
