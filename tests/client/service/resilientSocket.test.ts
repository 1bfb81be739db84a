// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CLOSE } from '@/core/contract';
import type { WebSocketConstructor } from '@/service';
import { systemTimers } from '@/service/environment';
import { createResilientSocket, type Fault, type ResilientSocket, type Verdict } from '@/service/resilientSocket';
import { createFakeHub, type FakeHub, type FakeSocket } from '../../support/fakeHub';
import { createNativeSocket } from '../../support/nativeSocket';

/** The traps of reconnecting-websocket 4.4.0 by their number (docs/decisions/0006), as promises that any socket in its place has to keep. */
describe.each([['reconnecting-websocket', createResilientSocket], ['the platform’s own', createNativeSocket]] as const)('a socket that comes back by itself: %s', (_name, create) => {
  let hub: FakeHub;
  let socket: ResilientSocket;
  let faults: Fault[];
  let heard: string[];
  let verdict: (fault: Fault) => Verdict;
  let closed: () => void;
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  const latest = (): FakeSocket => hub.latest('market');

  function make(WebSocket: WebSocketConstructor = hub.WebSocket): ResilientSocket {
    return create({
      url: 'wss://terminal.example/ws/market/stream', protocols: ['tickglass.v2.json'], WebSocket, timers: systemTimers, connectTimeoutMs: 8_000,
      handlers: {
        connecting: () => heard.push('connecting'), open: (protocol) => heard.push(`open ${protocol}`), message: (text) => heard.push(text), binary: () => heard.push('binary'),
        judge: (fault) => { faults.push(fault); return verdict(fault); }, closed: () => { heard.push('closed'); closed(); },
      },
    });
  }
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    [hub, faults, heard, verdict, closed] = [createFakeHub(), [], [], () => ({ delayMs: 1_000 }), () => undefined];
    socket = make();
  });
  afterEach(() => {
    socket.drop(CLOSE.normal.code, '');
    vi.useRealTimers();
  });
  async function opened(): Promise<FakeSocket> {
    socket.connect(0);
    await pass(0);
    return latest().accept();
  }

  it('opens, hears, and hands on what is no text as such', async () => {
    const peer = await opened();
    peer.say('one');
    peer.say({ two: 2 });
    expect(heard).toEqual(['connecting', 'open tickglass.v2.json', 'one', '{"two":2}']);
  });

  it('1: an address that the platform refuses is tried again and again', async () => {
    let made = 0;
    const Refusing = Object.assign(function (): never { made++; throw new SyntaxError('refused'); }, { CLOSING: 2 });
    socket = make(Refusing as never);
    socket.connect(0);
    for (let i = 0; i < 5; i++) await pass(1_005);
    expect(made).toBeGreaterThan(3);
    expect(faults.every(({ code }) => code === CLOSE.abnormal.code)).toBe(true);
  });

  it('2: dropped inside its own close handler, or while it waits, it connects when it is told to', async () => {
    const peer = await opened();
    closed = () => socket.drop(CLOSE.normal.code, '');
    peer.fail();
    await pass(60_000);
    expect(hub.sockets).toHaveLength(1);
    closed = () => undefined;
    await opened();
    latest().fail();
    socket.drop(CLOSE.normal.code, '');
    await opened();
    expect(hub.sockets).toHaveLength(3);
    expect(heard.at(-1)).toMatch(/^open/);
  });

  it('3: nothing counts the attempts: after three hundred failures it still tries, and connects at once when told to', async () => {
    socket.connect(0);
    for (let i = 0; i < 300; i++) {
      await pass(0);
      latest().fail();
      await pass(1_000);
    }
    expect(hub.sockets.length).toBeGreaterThan(300);
    await opened();
    expect(heard.at(-1)).toMatch(/^open/);
  });

  it('4: an unreachable host is never a normal close, and the code and reason of the server come through', async () => {
    (await opened()).fail();
    await pass(1_000);
    latest().accept().end(CLOSE.drain.code, '{"code":"drain","retry_after_ms":3170}');
    expect(faults).toEqual([{ code: CLOSE.abnormal.code, reason: '' }, { code: CLOSE.drain.code, reason: '{"code":"drain","retry_after_ms":3170}' }]);
  });

  it('5: the delay is asked for at each attempt, and kept', async () => {
    const delays = [300, 2_500, 10, 7_000];
    verdict = () => ({ delayMs: delays[faults.length - 1] ?? 1 });
    await opened();
    for (const [i, delay] of delays.entries()) {
      latest().fail();
      await pass(delay - 1);
      expect(hub.sockets).toHaveLength(i + 1);
      await pass(2);
      expect(hub.sockets).toHaveLength(i + 2);
    }
  });

  it('6: nothing waits in a queue: what cannot be sent now is not sent later', async () => {
    expect(socket.send('early')).toBe(false);
    socket.connect(0);
    await pass(0);
    expect(socket.send('connecting')).toBe(false);
    latest().accept();
    expect(socket.send('{"now":1}')).toBe(true);
    expect(latest().sent).toEqual([{ now: 1 }]);
    latest().fail();
    expect(socket.send('down')).toBe(false);
    await pass(1_000);
    latest().accept();
    expect(latest().sent).toEqual([]);
  });

  it('7: a connection that is judged dead is dropped without its close event, and nothing of it is heard any more', async () => {
    const old = await opened();
    socket.drop(CLOSE.watchdog.code, '');
    expect(old.closedWith).toBe(CLOSE.watchdog.code);
    const before = [...heard];
    old.say('late');
    old.end(CLOSE.normal.code);
    await pass(60_000);
    expect([heard, hub.sockets.length, faults]).toEqual([before, 1, []]);
  });

  it('8: told to connect while it waits, it does not wait', async () => {
    verdict = () => ({ delayMs: 3_000 });
    (await opened()).fail();
    await pass(300);
    socket.connect(0);
    await pass(0);
    expect(hub.sockets).toHaveLength(2);
    latest().accept();
    await pass(10_000);
    expect(hub.sockets).toHaveLength(2);
  });

  it('10: dropped before its first connection it says nothing and makes none', async () => {
    socket.connect(500);
    socket.drop(CLOSE.normal.code, '');
    await pass(10_000);
    expect([heard, hub.sockets.length]).toEqual([[], 0]);
  });

  it('11: a final verdict is final; told to connect it tries again', async () => {
    verdict = () => 'stop';
    (await opened()).end(CLOSE.forbidden.code);
    await pass(600_000);
    expect(hub.sockets).toHaveLength(1);
    expect(heard.at(-1)).toBe('closed');
    await opened();
    expect(hub.sockets).toHaveLength(2);
  });

  it('a connection that does not open in its time is judged as unreachable', async () => {
    socket.connect(0);
    await pass(8_001);
    expect(faults[0]?.code).toBe(CLOSE.abnormal.code);
    await pass(1_001);
    expect(hub.sockets).toHaveLength(2);
  });

  it('each ended connection is judged once, whatever the platform tells of it', async () => {
    const peer = await opened();
    peer.fail();
    peer.end(CLOSE.normal.code);
    expect(faults).toHaveLength(1);
    expect(heard.filter((word) => word === 'closed')).toHaveLength(1);
  });
});
