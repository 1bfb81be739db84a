import type { StreamName } from '@/core/contract';
import type { SharedStream } from '../streamOptions';
import type { ClientEvents, Clock, Environment, Timers } from '../types';

/** The part of the Web Locks API that is used. */
export interface LockManagerLike {
  request(name: string, options: { readonly signal?: AbortSignal; readonly steal?: boolean }, callback: () => Promise<void> | void): Promise<unknown>;
}

/** The part of a BroadcastChannel that is used. */
export interface BroadcastLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  close(): void;
}

/** What sharing needs of the browser; a test plays one. */
export interface TabPlatform {
  /** Own id of this tab, unlike any other's. */
  readonly id: string;
  readonly locks: LockManagerLike;
  readonly openChannel: (name: string) => BroadcastLike;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly environment: Environment;
}

/** The part of the client whose connections are shared. */
export interface SharedClient {
  readonly streams: ReadonlyMap<StreamName, SharedStream>;
  /** Channels held beyond those every stream has. */
  channels(): readonly string[];
  subscribeChannel(channel: string): () => void;
  retry(stream: StreamName): void;
  on(event: 'stream', listener: (status: ClientEvents['stream']) => void): () => void;
}

/** `alone`: no other tab; `leads`: this tab makes the connections; `follows`: another one does. `others`: how many other tabs take part. */
export interface TabsState {
  readonly role: 'alone' | 'leads' | 'follows';
  readonly others: number;
}

/** Time between two signs of life of the tab that leads; how long it may be silent before it is asked, and before it counts as gone, ms. */
export const BEAT_MS = 1_000;
export const ASK_AFTER_MS = 2_000;
export const GONE_AFTER_MS = 3_000;
