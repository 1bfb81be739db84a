// A client as a process of its own, so that it can be stopped and its clock turned. Prints a line at each change of state and four times a second.
import { Watch } from './watch';

const watch = new Watch(process.argv[2] ?? '');
let last = '';
setInterval(() => {
  const state = `${watch.state} ${String(watch.price)}`;
  if (state === last) return;
  last = state;
  process.stdout.write(`${JSON.stringify({ state: watch.state, at: Date.now(), price: watch.price })}\n`);
}, 50);
