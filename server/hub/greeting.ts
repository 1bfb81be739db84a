import { PROTOCOL_VERSION, TIMINGS, type ServerMessage } from '@/core/contract';
import type { Connection } from './connection';
import type { HubContext } from './context';

/** A client says how far it is at the latest after this many bytes: no more than the smallest window, so that whoever has all that is under way always says so. */
export const ACK_BYTES = 16_384;

/** The server's `hello`: how it speaks, what it allows, and what became of the positions the client came with. */
export function greeting(hub: HubContext, { session, endpoint, pass }: Connection, resume: { resumed: Record<string, boolean>; reasons: Record<string, string> }): ServerMessage {
  const { options, clock } = hub;
  return {
    type: 'hello', v: PROTOCOL_VERSION, conn: session.id, node: options.node, server_version: options.serverVersion, time: new Date(clock.now()).toISOString(),
    stream: endpoint, mode: hub.mode(),
    heartbeat_ms: options.heartbeatMs, dead_ms: TIMINGS.deadMs, flush_ms: options.marketIntervalMs,
    window_bytes: options.windowBytes, ack_bytes: Math.min(ACK_BYTES, Math.ceil(options.windowBytes / 2)), stale_ms: TIMINGS.staleMs,
    limits: { frame_bytes: options.frameBytes, symbols: options.symbols, channels: options.channels, msgs_per_10s: options.messagesPer10s },
    reconnect: { base_ms: TIMINGS.backoffBaseMs, cap_ms: TIMINGS.backoffCapMs, first_ms: hub.spreadMs() },
    auth: { mode: pass.mode, expires_in_ms: pass.expiresInMs() },
    resumed: resume.resumed, reasons: resume.reasons,
  };
}
