import type { StreamName } from '@/core/contract';
import { Follower } from './follower';
import { Leader } from './leader';
import { readTabMessage, type TabMessage } from './messages';
import type { BroadcastLike, SharedClient, TabPlatform, TabsState } from './platform';

export type { BroadcastLike, LockManagerLike, SharedClient, TabPlatform, TabsState } from './platform';

export interface SharingOptions {
  readonly client: SharedClient;
  readonly platform: TabPlatform;
  /** The same for tabs that may share: server and version of the page. */
  readonly scope: string;
  readonly changed?: (state: TabsState) => void;
}

/**
 * Tabs of one browser that share one set of connections (docs/decisions/0013). One lock says who makes them; whoever has none waits for
 * it and lives from the frames of the one that has. The lock falls to the next one when its tab is closed, crashes or is put aside, and
 * is taken from a tab that says nothing for three seconds.
 */
export class TabSharing {
  private channel: BroadcastLike | null = null;
  private leader: Leader | null = null;
  private follower: Follower | null = null;
  /** Gives up the lock, or the wait for it. */
  private giveUp: (() => void) | null = null;
  private leaveOwn: (() => void) | null = null;
  private readonly stopListening: () => void;
  private stopped = false;

  constructor(private readonly options: SharingOptions) {
    this.stopListening = options.platform.environment.listen((event) => {
      if (event === 'sleep') this.leave();
      else if (event === 'wake') this.enter();
    });
    this.enter();
  }

  stop(): void {
    this.stopped = true;
    this.stopListening();
    this.leave();
  }

  private lockOf(id: string): string {
    return `${this.options.scope} ${id}`;
  }

  private post(message: TabMessage): void {
    this.channel?.postMessage(message);
  }

  private enter(): void {
    if (this.stopped || this.channel) return;
    const { platform, scope } = this.options;
    const channel = (this.channel = platform.openChannel(scope));
    channel.addEventListener('message', ({ data }) => {
      const message = this.channel === channel ? readTabMessage(data) : null;
      if (message) (this.leader ?? this.follower)?.take(message);
    });
    // Held while this tab lives, so that the one that leads learns of its end.
    platform.locks.request(this.lockOf(platform.id), {}, () => new Promise<void>((resolve) => {
      if (this.channel === channel) this.leaveOwn = resolve;
      else resolve();
    })).catch(() => undefined);
    this.follow();
    this.seek(false);
  }

  /** The page is put aside, or sharing was turned off: whoever comes next takes over at once. */
  private leave(): void {
    if (this.leader) this.post({ k: 'bye', from: this.options.platform.id });
    this.endRoles();
    this.giveUp?.();
    this.leaveOwn?.();
    this.giveUp = this.leaveOwn = null;
    this.channel?.close();
    this.channel = null;
    this.tell({ role: 'alone', others: 0 });
  }

  private endRoles(): Set<StreamName> {
    const orphans = this.follower?.stop() ?? new Set<StreamName>();
    this.leader?.stop();
    this.follower = this.leader = null;
    return orphans;
  }

  /** Waits for the lock, or takes it from a tab that does not answer. */
  private seek(steal: boolean): void {
    this.giveUp?.();
    const wait = new AbortController();
    let release: () => void = () => undefined;
    let over = false;
    this.giveUp = () => {
      over = true;
      wait.abort();
      release();
    };
    const got = (): Promise<void> | void => {
      if (over) return;
      this.lead();
      return new Promise((resolve) => (release = resolve));
    };
    this.options.platform.locks.request(this.options.scope, steal ? { steal } : { signal: wait.signal }, got).catch(() => {
      // Another tab took it, because this one seemed gone.
      if (!over) this.robbed();
    });
  }

  private robbed(): void {
    this.giveUp = null;
    this.endRoles();
    this.follow();
    this.seek(false);
  }

  private lead(): void {
    const known = this.follower?.known ?? new Map<string, readonly string[]>();
    const opening = this.endRoles();
    const { client, platform } = this.options;
    this.tell({ role: 'alone', others: 0 });
    this.leader = new Leader({
      client, platform, opening, known, lockOf: (id) => this.lockOf(id), post: (message) => this.post(message),
      changed: (others) => this.tell({ role: others > 0 ? 'leads' : 'alone', others }),
    });
  }

  private follow(): void {
    const { client, platform } = this.options;
    this.follower = new Follower({
      client, platform, post: (message) => this.post(message), gone: () => this.seek(true),
      changed: (follows, others) => this.tell({ role: follows ? 'follows' : 'alone', others: follows ? others : 0 }),
    });
  }

  private tell(state: TabsState): void {
    this.options.changed?.(state);
  }
}
