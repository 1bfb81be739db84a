import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { chromiumPath, FLAGS } from './browser';
import { waitFor } from './waitFor';

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly error?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
}

/**
 * Chromium by its own protocol, without Playwright, which tells every page that it is looked at: here a tab behind another one is hidden, and its timers are
 * slowed down as they are for a user.
 */
export class TabbedBrowser {
  private asked = 0;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private readonly listeners = new Map<string, (method: string) => void>();

  private constructor(
    private readonly socket: WebSocket,
    private readonly end: () => Promise<void>,
  ) {
    socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString('utf8')) as Answer;
      if (answer.id !== undefined) this.waiting.get(answer.id)?.(answer);
      else if (answer.sessionId !== undefined) this.listeners.get(answer.sessionId)?.(answer.method ?? '');
    });
  }

  static async launch(extraFlags: readonly string[] = []): Promise<TabbedBrowser> {
    const folder = mkdtempSync(join(tmpdir(), 'tickglass-chromium-'));
    const child = spawn(chromiumPath ?? '', ['--headless=new', ...FLAGS, `--user-data-dir=${folder}`, '--remote-debugging-port=0', ...extraFlags, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    const end = async (): Promise<void> => {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    };
    const url = await waitFor(() => /ws:\/\/\S+/.exec(said)?.[0], { timeoutMs: 20_000, message: () => `the address of Chromium; it wrote ${said}` });
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new TabbedBrowser(socket, end);
  }

  async command(method: string, params: object = {}, sessionId?: string): Promise<Readonly<Record<string, unknown>>> {
    const id = (this.asked += 1);
    const answer = await new Promise<Answer>((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    });
    this.waiting.delete(id);
    if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result ?? {};
  }

  /** A new tab, in front of the others. */
  async open(url: string): Promise<Tab> {
    const { targetId } = await this.command('Target.createTarget', { url });
    const { sessionId } = await this.command('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab(this, String(targetId), String(sessionId));
    this.listeners.set(String(sessionId), (method) => tab.heard(method));
    for (const domain of ['Network', 'Runtime', 'Log']) await this.command(`${domain}.enable`, {}, String(sessionId));
    return tab;
  }

  async close(): Promise<void> {
    this.socket.terminate();
    await this.end();
  }
}

export class Tab {
  /** Frames that its sockets received. */
  frames = 0;
  /** Lines of its console, and errors. */
  complaints = 0;

  constructor(
    private readonly browser: TabbedBrowser,
    private readonly target: string,
    private readonly session: string,
  ) {}

  heard(method: string): void {
    if (method === 'Network.webSocketFrameReceived') this.frames += 1;
    if (['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'].includes(method)) this.complaints += 1;
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result } = (await this.browser.command('Runtime.evaluate', { expression, returnByValue: true }, this.session)) as { result?: { value?: unknown } };
    return result?.value;
  }

  async lifecycle(state: 'frozen' | 'active'): Promise<void> {
    await this.browser.command('Page.setWebLifecycleState', { state }, this.session);
  }

  async show(): Promise<void> {
    await this.browser.command('Target.activateTarget', { targetId: this.target });
  }
}
