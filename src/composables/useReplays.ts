import { inject, type InjectionKey } from 'vue';
import type { Answer, ApiFailure, ReplayApi } from '@/service';

export type { Answer, ApiFailure, ReplayApi };

/** What views may know of recordings and replays; given by src/app. */
export interface ReplayPort {
  /** Id of the replay whose room this page is in; null on the live server. */
  readonly room: string | null;
  /** Address of the live server, with a slash at the end. */
  readonly home: string;
  /** Ends the streams of this page, as its room is about to be closed; the result begins them again. */
  rest(): () => void;
  /** Its requests; loaded when first asked for. */
  load(): Promise<ReplayApi>;
}

export const REPLAYS: InjectionKey<ReplayPort> = Symbol('replays');

const NOTHING: ReplayPort = { room: null, home: '', rest: () => () => undefined, load: () => new Promise(() => undefined) };

export function useReplays(): ReplayPort {
  return inject(REPLAYS, NOTHING);
}

/** The room an address of a server leads into: its id, and the address of the live server around it. */
export function roomOf(server: string): { readonly room: string | null; readonly home: string } {
  const [, home = server, room = null] = /^(.*\/)replay\/([a-z0-9]{8,32})\/$/.exec(server) ?? [];
  return { room, home };
}
