/** Version of the wire contract spoken by `hello`. v1 is a connection that offered no subprotocol. */
export const PROTOCOL_VERSION = 2;

/** Subprotocols the server knows, in order of preference (docs/protocol.md, section 1). */
export const SUBPROTOCOLS = ['tickglass.v2.rows', 'tickglass.v2.json'] as const;
export type Subprotocol = (typeof SUBPROTOCOLS)[number];
