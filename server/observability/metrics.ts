import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds, from what nobody can notice to what nobody would wait for. */
const HOP_SECONDS = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Memory of the process, read when it is asked for. */
function memoryGauges(registers: Registry[]): void {
  const gauge = (name: string, help: string, read: (usage: NodeJS.MemoryUsage) => number): Gauge =>
    new Gauge({ name, help, registers, collect() { this.set(read(process.memoryUsage())); } });
  gauge('tickglass_resident_memory_bytes', 'Memory of the process that is in use', (usage) => usage.rss);
  gauge('tickglass_heap_used_bytes', 'Heap of JavaScript in use', (usage) => usage.heapUsed);
}

/** Every metric of the server, one owner. Names carry units; `/metrics` prints the registry. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  memoryGauges(registers);
  return {
    registry,
    venueMessages: new Counter({ name: 'tickglass_venue_messages_total', help: 'Frames received from a venue', labelNames: ['venue'], registers }),
    venueReconnects: new Counter({ name: 'tickglass_venue_reconnects_total', help: 'Connections opened again', labelNames: ['venue', 'reason'], registers }),
    venueStates: new Counter({ name: 'tickglass_venue_state_changes_total', help: 'Sources that changed their state', labelNames: ['venue', 'state'], registers }),
    modeChanges: new Counter({ name: 'tickglass_mode_changes_total', help: 'Changes of the kind of market shown, or of the reason for it', labelNames: ['mode'], registers }),
    booksBroken: new Counter({ name: 'tickglass_books_broken_total', help: 'Order books that could not be trusted any more', labelNames: ['venue', 'state'], registers }),
    venueUnknown: new Counter({ name: 'tickglass_venue_unknown_messages_total', help: 'Messages of a kind the connector does not know', labelNames: ['venue'], registers }),
    refusedInputs: new Counter({ name: 'tickglass_refused_inputs_total', help: 'Venue values refused', labelNames: ['venue', 'code'], registers }),
    engineInputs: new Counter({ name: 'tickglass_engine_inputs_total', help: 'Input events stepped through the engine', labelNames: ['type'], registers }),
    clients: new Gauge({ name: 'tickglass_clients', help: 'Open WebSocket connections', labelNames: ['stream'], registers }),
    clientMessages: new Counter({ name: 'tickglass_client_messages_total', help: 'Messages received from clients', labelNames: ['type'], registers }),
    clientErrors: new Counter({ name: 'tickglass_client_errors_total', help: 'Client messages refused', labelNames: ['code'], registers }),
    clientCloses: new Counter({ name: 'tickglass_client_closes_total', help: 'Client connections closed', labelNames: ['code'], registers }),
    upgradesRefused: new Counter({ name: 'tickglass_upgrades_refused_total', help: 'WebSocket upgrades refused', labelNames: ['reason'], registers }),
    requestsRefused: new Counter({ name: 'tickglass_requests_refused_total', help: 'HTTP requests refused for their sender or their form', labelNames: ['code'], registers }),
    sentBytes: new Counter({ name: 'tickglass_sent_bytes_total', help: 'Payload bytes sent to clients', labelNames: ['stream'], registers }),
    sentFrames: new Counter({ name: 'tickglass_sent_frames_total', help: 'Frames sent to clients', labelNames: ['stream'], registers }),
    wantedChannels: new Gauge({ name: 'tickglass_wanted_channels', help: 'Channels made because a client reads them, or did until just now', labelNames: ['family'], registers }),
    bookFrames: new Counter({ name: 'tickglass_book_frames_total', help: 'Order-book frames made; clients at the same position share one', labelNames: ['kind'], registers }),
    historyWrites: new Counter({ name: 'tickglass_history_rows_total', help: 'Rows written to history', labelNames: ['table'], registers }),
    historyStates: new Counter({ name: 'tickglass_history_state_changes_total', help: 'Changes between history that can be written and not', labelNames: ['state'], registers }),
    historyErrors: new Counter({ name: 'tickglass_history_errors_total', help: 'Failed history operations', labelNames: ['operation'], registers }),
    venueHop: new Histogram({ name: 'tickglass_venue_hop_seconds', help: 'From the venue to this server: receipt minus venue time, clock offset taken out; one message in 16', labelNames: ['venue'], buckets: HOP_SECONDS, registers }),
    venueClockError: new Gauge({ name: 'tickglass_venue_clock_error_milliseconds', help: 'What the estimates of that offset differ by from minute to minute', labelNames: ['venue'], registers }),
    hop: new Histogram({ name: 'tickglass_hop_seconds', help: 'Way of a price, hop by hop: engine (receipt to bus, one input in 16), socket (bus to socket), receive, frame, paint (in browsers that opted in)', labelNames: ['hop'], buckets: HOP_SECONDS, registers }),
    browserReports: new Counter({ name: 'tickglass_browser_reports_total', help: 'Reports of browsers that opted in', labelNames: ['outcome'], registers }),
    browserClockOffset: new Gauge({ name: 'tickglass_browser_clock_offset_seconds', help: 'This clock minus that of the browser that reported last', registers }),
    browserClockError: new Histogram({ name: 'tickglass_browser_clock_error_seconds', help: 'How far that estimate may be wrong, by report', buckets: HOP_SECONDS, registers }),
    eventLoopDelay: new Histogram({ name: 'tickglass_event_loop_delay_seconds', help: 'Delay of the event loop', buckets: [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1], registers }),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;
