/** Address of one instrument's page. A slash inside the symbol is escaped, so that it stays one segment. */
export const instrumentPath = (symbol: string): string => `/market/${encodeURIComponent(symbol)}`;
